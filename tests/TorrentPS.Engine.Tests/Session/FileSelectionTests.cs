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

    [Theory]
    [InlineData("*.jpeg", "", "no file matches '*.jpeg'. The nearest file names are 'one.jpg', 'sub/two.jpg', 'three.txt'.")]
    [InlineData("subs/*", "", "no file matches 'subs/*'. The nearest file names are 'sub/two.jpg',")]
    [InlineData("*.JPG", "*", "no file matches '*.JPG' but not the excluded '*'.")]
    [InlineData("", "*", "the excluded wildcards '*' match every file. Select at least one file.")]
    public void A_selection_of_no_file_is_refused_and_the_nearest_names_are_given(
        string include, string exclude, string reason)
    {
        using var content = new TestTorrent(Piece, [], ("one.jpg", 1), ("sub/two.jpg", 1), ("three.txt", 1));
        TorrentSettings settings = With(content) with { Include = Split(include), Exclude = Split(exclude) };

        SessionException refused = Assert.Throws<SessionException>(() => FileSelection.Of(content.Metainfo, settings));

        Assert.Equal(SessionErrorId.NoFileMatches, refused.Id);
        Assert.StartsWith($"Nothing of 'content' is selected: {reason}", refused.Message);
    }

    [Fact]
    public void Priorities_that_skip_every_file_are_refused()
    {
        using var content = new TestTorrent(Piece, [], ("a", 1), ("b", 1));
        TorrentSettings settings = With(content) with
        {
            FilePriorities = new Dictionary<int, DownloadPriority>
            {
                [0] = DownloadPriority.Skip,
                [1] = DownloadPriority.Skip,
            },
        };

        SessionException refused = Assert.Throws<SessionException>(() => FileSelection.Of(content.Metainfo, settings));

        Assert.Equal(SessionErrorId.NoFileMatches, refused.Id);
    }

    [Fact]
    public void Selected_files_without_data_in_the_wanted_pieces_are_refused()
    {
        using var content = new TestTorrent(Piece, [], ("a", 2 * Piece), ("b", Piece), ("empty", 0));

        SessionException refused = Assert.Throws<SessionException>(() => FileSelection.Of(
            content.Metainfo, With(content) with { Include = ["b"], PieceCount = 1 }));

        Assert.Equal(SessionErrorId.NoFileMatches, refused.Id);
        Assert.Contains("the first 1 pieces", refused.Message);
    }

    [Fact]
    public void An_empty_file_can_be_the_only_selected_one()
    {
        using var content = new TestTorrent(Piece, [], ("a", Piece), ("empty", 0));

        (DownloadPriority[] files, DownloadPriority[] pieces) = FileSelection.Of(
            content.Metainfo, With(content) with { Include = ["empty"] });

        Assert.Equal([DownloadPriority.Skip, DownloadPriority.Normal], files);
        Assert.Equal([DownloadPriority.Skip], pieces);
    }

    [Theory]
    [InlineData("*.jpeg", "one.jpg", 1)]
    [InlineData("*.JPG", "one.jpg", 0)]
    [InlineData("one", "deep/one.jpg", 4)]
    [InlineData("deep/*", "deep/one.jpg", 0)]
    [InlineData("o?e.*", "one.jpg", 0)]
    [InlineData("", "ab", 2)]
    public void The_distance_of_a_wildcard_counts_the_characters_to_change(string wildcard, string path, int expected) =>
        Assert.Equal(expected, NearestFiles.Distance(wildcard, path));

    private static TorrentSettings With(TestTorrent content) => new() { Destination = content.Destination };

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
