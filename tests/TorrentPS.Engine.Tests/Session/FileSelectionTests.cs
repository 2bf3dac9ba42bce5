using TorrentPS.Engine.Session;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Priorities of files and pieces by wildcards and file priorities.</summary>
public sealed class FileSelectionTests
{
    private const int Piece = 16 * 1024;

    [Theory]
    [InlineData("*.txt", "", "a.txt sub/c.TXT")]
    [InlineData("sub/*", "", "sub/b.bin sub/c.TXT")]
    [InlineData("content/sub/*", "", "sub/b.bin sub/c.TXT")]
    [InlineData("ub/*", "", "")]
    [InlineData("", "sub/*", "a.txt d(1)+[x].bin")]
    [InlineData("*sub/*", "", "sub/b.bin sub/c.TXT")]
    [InlineData("content\\sub\\*", "", "sub/b.bin sub/c.TXT")]
    [InlineData("?.txt", "", "a.txt sub/c.TXT")]
    [InlineData("[a-b].*", "", "a.txt sub/b.bin")]
    [InlineData("a.txt", "", "a.txt")]
    [InlineData("", "*.txt", "sub/b.bin d(1)+[x].bin")]
    [InlineData("*.bin", "d*", "sub/b.bin")]
    [InlineData("d(1)+[[]x].bin", "", "d(1)+[x].bin")]
    [InlineData("nothing", "", "")]
    public void Wildcards_select_files_by_path_or_name(string include, string exclude, string expected)
    {
        using var content = new TestTorrent(
            Piece, [], ("a.txt", 1), ("sub/b.bin", 1), ("sub/c.TXT", 1), ("d(1)+[x].bin", 1));
        TorrentSettings settings = With(content) with { Include = Split(include), Exclude = Split(exclude) };

        DownloadPriority[] priorities = FileSelection.OfFiles(content.Metainfo, settings);

        string[] wanted =
        [
            .. content.Metainfo.Files
                .Where((_, i) => priorities[i] != DownloadPriority.Skip)
                .Select(file => file.Path["content/".Length..]),
        ];
        Assert.Equal(Split(expected), wanted);
    }

    [Fact]
    public void A_piece_has_the_highest_priority_of_its_files()
    {
        // Pieces: 0 = a; 1 = a and b; 2 = b, c and d; 3 = d.
        using var content = new TestTorrent(
            Piece, [], ("a", Piece + 10), ("b", Piece), ("c", 1), ("empty", 0), ("d", Piece));
        var filePriorities = new Dictionary<int, DownloadPriority>
        {
            [0] = DownloadPriority.Low,
            [2] = DownloadPriority.High,
        };
        TorrentSettings settings = With(content) with { FilePriorities = filePriorities, Exclude = ["d"] };

        DownloadPriority[] pieces = FileSelection.OfPieces(
            content.Metainfo, FileSelection.OfFiles(content.Metainfo, settings), null);

        Assert.Equal(
            [DownloadPriority.Low, DownloadPriority.Normal, DownloadPriority.High, DownloadPriority.Skip], pieces);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(100, 0)]
    [InlineData(2, 2)]
    [InlineData(0, 4)]
    public void PieceCount_limits_the_wanted_pieces_to_the_first_ones(int? count, int skipped)
    {
        using var content = new TestTorrent(Piece, [], ("a", 4 * Piece));
        DownloadPriority[] files = FileSelection.OfFiles(content.Metainfo, With(content));

        DownloadPriority[] pieces = FileSelection.OfPieces(content.Metainfo, files, count);

        Assert.Equal(skipped, pieces.Count(priority => priority == DownloadPriority.Skip));
        Assert.All(pieces.Take(4 - skipped), priority => Assert.Equal(DownloadPriority.Normal, priority));
    }

    [Fact]
    public void A_wildcard_that_would_backtrack_is_matched_in_linear_time()
    {
        using var content = new TestTorrent(Piece, [], (new string('a', 200), 1));

        DownloadPriority[] priorities = FileSelection.OfFiles(
            content.Metainfo, With(content) with { Include = [string.Concat(Enumerable.Repeat("*a", 60)) + "b"] });

        Assert.Equal([DownloadPriority.Skip], priorities);
    }

    private static TorrentSettings With(TestTorrent content) => new() { Destination = content.Destination };

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
