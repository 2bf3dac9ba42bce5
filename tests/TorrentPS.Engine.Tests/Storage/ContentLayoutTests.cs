using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

public class ContentLayoutTests
{
    [Fact]
    public void A_range_over_several_files_is_split_at_their_boundaries()
    {
        ContentLayout layout = TestContent.Of(16384, 1, 0, 16384, 7, 100_000).Layout;
        Assert.Equal(
            [new(0, 0, 0, 1), new(2, 0, 1, 16384), new(3, 0, 16385, 7), new(4, 0, 16392, 8)],
            Sections(layout, 0, 16400));
    }

    [Fact]
    public void A_range_inside_a_file_is_one_section()
    {
        ContentLayout layout = TestContent.Of(16384, 1, 0, 16384, 7, 100_000).Layout;
        Assert.Equal([new(2, 9, 10, 5)], Sections(layout, 10, 5));
    }

    [Fact]
    public void A_range_that_begins_and_ends_on_a_boundary_has_no_section_of_adjacent_files()
    {
        ContentLayout layout = TestContent.Of(16384, 10, 10, 10).Layout;
        Assert.Equal([new(1, 0, 10, 10)], Sections(layout, 10, 10));
        Assert.Empty(Sections(layout, 30, 0));
    }

    [Fact]
    public void Pad_files_and_gaps_are_padding()
    {
        var layout = new ContentLayout(
            TorrentGeometry.Continuous(100, 16384),
            [new("c/a", 0, 10), new("c/.pad/22", 10, 22, IsPadding: true), new("c/b", 32, 8), new("c/z", 60, 40)]);
        Assert.Equal(
            [new(0, 5, 5, 5), new(-1, 0, 10, 22), new(2, 0, 32, 8), new(-1, 0, 40, 20), new(3, 0, 60, 1)],
            Sections(layout, 5, 56));
        Assert.Equal([new(-1, 0, 45, 3)], Sections(layout, 45, 3));
    }

    [Fact]
    public void A_gap_after_the_last_file_is_padding()
    {
        var layout = new ContentLayout(
            TorrentGeometry.Continuous(20, 16384), [new("a", 0, 10), new(".pad/10", 10, 10, IsPadding: true)]);
        Assert.Equal([new(0, 0, 0, 10), new(-1, 0, 10, 10)], Sections(layout, 0, 20));
    }

    [Fact]
    public void A_range_beyond_the_content_is_refused()
    {
        ContentLayout layout = TestContent.Of(16384, 10).Layout;
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Sections(0, 11));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Sections(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Sections(long.MaxValue, long.MaxValue));
    }

    [Fact]
    public void Overlapping_files_are_refused() =>
        Assert.Throws<ArgumentException>(() => new ContentLayout(
            TorrentGeometry.Continuous(20, 16384), [new("a", 0, 11), new("b", 10, 10)]));

    private static ContentSection[] Sections(ContentLayout layout, long offset, long length)
    {
        var found = new List<ContentSection>();
        foreach (ContentSection section in layout.Sections(offset, length))
            found.Add(section);
        return [.. found];
    }
}
