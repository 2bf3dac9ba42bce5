using TorrentPS.Engine.Session;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Which files, and so which pieces, the user wants.</summary>
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
    public void Wildcards_choose_files_by_path_or_name(string include, string exclude, string expected)
    {
        using var content = new TestTorrent(Piece, [], ("a.txt", 1), ("sub/b.bin", 1), ("sub/c.TXT", 1), ("d(1)+[x].bin", 1));
        TorrentSettings settings = With(content) with { Include = Split(include), Exclude = Split(exclude) };

        DownloadPriority[] wishes = FileSelection.OfFiles(content.Metainfo, settings);

        string[] wanted = [.. content.Metainfo.Files.Where((_, i) => wishes[i] != DownloadPriority.Skip).Select(file => file.Path["content/".Length..])];
        Assert.Equal(Split(expected), wanted);
    }

    [Fact]
    public void A_piece_is_wanted_as_much_as_the_most_wanted_file_in_it()
    {
        // Pieces: 0 = a; 1 = a and b; 2 = b, c and d; 3 = d.
        using var content = new TestTorrent(Piece, [], ("a", Piece + 10), ("b", Piece), ("c", 1), ("empty", 0), ("d", Piece));
        var priorities = new Dictionary<int, DownloadPriority> { [0] = DownloadPriority.Low, [2] = DownloadPriority.High };
        TorrentSettings settings = With(content) with { FilePriorities = priorities, Exclude = ["d"] };

        DownloadPriority[] pieces = FileSelection.OfPieces(content.Metainfo, FileSelection.OfFiles(content.Metainfo, settings), null);

        Assert.Equal([DownloadPriority.Low, DownloadPriority.Normal, DownloadPriority.High, DownloadPriority.Skip], pieces);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(100, 0)]
    [InlineData(2, 2)]
    [InlineData(0, 4)]
    public void Only_the_first_pieces_are_wanted_when_the_user_says_so(int? count, int skipped)
    {
        using var content = new TestTorrent(Piece, [], ("a", 4 * Piece));
        DownloadPriority[] files = FileSelection.OfFiles(content.Metainfo, With(content));

        DownloadPriority[] pieces = FileSelection.OfPieces(content.Metainfo, files, count);

        Assert.Equal(skipped, pieces.Count(wish => wish == DownloadPriority.Skip));
        Assert.All(pieces.Take(4 - skipped), wish => Assert.Equal(DownloadPriority.Normal, wish));
    }

    [Fact]
    public void A_wildcard_made_to_take_for_ever_takes_no_time()
    {
        using var content = new TestTorrent(Piece, [], (new string('a', 200), 1));

        DownloadPriority[] wishes = FileSelection.OfFiles(
            content.Metainfo, With(content) with { Include = [string.Concat(Enumerable.Repeat("*a", 60)) + "b"] });

        Assert.Equal([DownloadPriority.Skip], wishes);
    }

    private static TorrentSettings With(TestTorrent content) => new() { Destination = content.Destination };

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
