using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>What becomes of the unwanted files that share pieces with wanted ones.</summary>
public sealed class FilesWithPartFileTests : IDisposable
{
    private const int Piece = 16 * 1024;

    private readonly TempFolder _folder = new();

    private string Destination => _folder["destination"];

    private string Rest => _folder["state/some.parts"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Unwanted_files_do_not_appear_and_their_parts_are_found_again()
    {
        // Pieces: 0-1 = a; 2 = a, b; 3-4 = b; 5 = b, c; 6 = c.
        TestContent content = TestContent.Of(Piece, (2 * Piece) + 7, (3 * Piece) + 1, Piece + 9);
        await FetchAsync(content, IsWanted, 0, 1, 2, 5, 6);

        AssertWantedOnDisk(content, IsWanted);
        await AssertFoundAsync(content, IsWanted, 0, 1, 2, 5, 6);

        File.Delete(Rest);
        await AssertFoundAsync(content, IsWanted, 0, 1, 6);

        static bool IsWanted(int file) => file != 1;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_the_files_all_that_was_fetched_can_be_read_and_only_wanted_files_are_there(int seed)
    {
        var random = new Random(seed);
        TestContent content = TestContent.Of(Piece, [.. Enumerable.Range(0, 40).Select(_ => (long)random.Next(1, random.Next(2, 5 * Piece)))]);
        bool[] wanted = [.. content.Layout.Files.Select(_ => random.Next(2) == 0)];
        int[] pieces = [.. Enumerable.Range(0, content.Geometry.PieceCount).Where(piece => IsPieceWanted(content, piece, file => wanted[file]))];
        await FetchAsync(content, file => wanted[file], pieces);

        AssertWantedOnDisk(content, file => wanted[file]);
        await AssertFoundAsync(content, file => wanted[file], pieces);
        Assert.True(new FileInfo(Rest).Length <= pieces.Length * (long)Piece);

        using FilesWithPartFile files = Open(content, file => wanted[file]);
        var reader = new ContentReader(files);
        foreach (int piece in pieces)
        {
            byte[] first = new byte[content.Piece(piece).Length / 3];
            byte[] second = new byte[content.Piece(piece).Length - first.Length];
            reader.Read(content.Geometry.OffsetOf(new PieceIndex(piece)), [first, second]);
            Assert.True(content.Piece(piece).SequenceEqual([.. first, .. second]));
        }
    }

    [Fact]
    public void The_parts_take_no_more_room_than_the_pieces_that_hold_them()
    {
        const long much = 1L << 40;
        var layout = new ContentLayout(
            TorrentGeometry.Continuous(much + 1, Piece),
            [new ContentFile("big", 0, much - 5), new ContentFile("small", much - 5, 6)]);
        using (var files = new FilesWithPartFile(new DestinationFiles(layout, Destination), file => file == 1, Rest))
            files.Write(0, much - 9, [new byte[] { 1, 2, 3, 4 }]);

        Assert.InRange(new FileInfo(Rest).Length, 4, Piece);
    }

    [Fact]
    public async Task An_unwanted_file_that_is_there_is_read_and_written_in_place()
    {
        TestContent content = TestContent.Of(Piece, Piece + 100, Piece);
        content.WriteTo(Destination);
        string file = Path.Combine(Destination, content.Layout.Files[1].Path);
        byte[] spoiled = File.ReadAllBytes(file);
        spoiled[5] ^= 1;
        File.WriteAllBytes(file, spoiled);
        await AssertFoundAsync(content, IsWanted, 0, 2);

        await FetchAsync(content, IsWanted, 1);

        content.AssertOnDisk(Destination);
        Assert.False(File.Exists(Rest));

        static bool IsWanted(int file) => file == 0;
    }

    [Fact]
    public async Task A_file_wanted_later_is_absent_until_it_is_fetched()
    {
        TestContent content = TestContent.Of(Piece, Piece + 100, Piece, Piece);
        await FetchAsync(content, file => file == 0, 0, 1);

        await AssertFoundAsync(content, file => file < 2, 0);
        await FetchAsync(content, file => file < 2, 1, 2);

        AssertWantedOnDisk(content, file => file < 2);
        await AssertFoundAsync(content, file => file < 2, 0, 1, 2);
    }

    [Fact]
    public async Task What_another_choice_left_is_never_taken_for_right()
    {
        // Pieces 1 and 3 are shared at first; with the last choice only 5 is, and its part of the missing file lies where 1's did.
        TestContent content = TestContent.Of(Piece, Piece + 100, 2 * Piece, 2 * Piece, 2 * Piece);
        await FetchAsync(content, file => file != 1, 0, 1, 3, 4, 5, 6, 7);
        File.Delete(Path.Combine(Destination, content.Layout.Files[2].Path));

        await AssertFoundAsync(content, file => file == 0, 0, 1, 6, 7);
        await AssertFoundAsync(content, file => file == 3, 0, 6, 7);
    }

    [Fact]
    public void What_was_never_kept_is_not_there_and_makes_no_file()
    {
        TestContent content = TestContent.Of(Piece, 100, 100);
        using (FilesWithPartFile files = Open(content, file => file == 0))
        {
            Assert.Equal(0, files.Read(1, 0, new byte[10]));
            Assert.Equal(0, files.Read(1, 0, [new byte[10].AsMemory()]));
            Assert.False(files.IsInPartFile(1, 0, 100));
        }

        Assert.False(Directory.Exists(_folder["state"]));
    }

    [Fact]
    public void A_state_folder_that_cannot_be_used_is_named()
    {
        TestContent content = TestContent.Of(Piece, 100, 100);
        File.WriteAllText(_folder["state"], "in the way");
        using FilesWithPartFile files = Open(content, file => file == 0);

        var refused = Assert.Throws<StorageException>(() => files.Write(1, 0, [new byte[1]]));

        Assert.Equal(Rest, refused.Fault.Path);
    }

    [Fact]
    public void Two_runs_at_once_do_not_share_what_is_kept()
    {
        TestContent content = TestContent.Of(Piece, 100, 100);
        using FilesWithPartFile one = Open(content, file => file == 0);
        one.Write(1, 0, [new byte[1]]);
        using FilesWithPartFile other = Open(content, file => file == 0);

        var refused = Assert.Throws<StorageException>(() => other.Write(1, 0, [new byte[1]]));

        Assert.Equal((StorageFaultKind.IOError, Rest), (refused.Fault.Kind, refused.Fault.Path));
    }

    [Fact]
    public void Each_torrent_and_destination_has_its_own_place()
    {
        string path = PartFile.PathFor(_folder["state"], "0123", Destination);

        Assert.Equal(_folder["state"], Path.GetDirectoryName(path));
        Assert.Equal(path, PartFile.PathFor(_folder["state"], "0123", Destination + Path.DirectorySeparatorChar));
        Assert.NotEqual(path, PartFile.PathFor(_folder["state"], "0123", Destination + "2"));
        Assert.NotEqual(path, PartFile.PathFor(_folder["state"], "0124", Destination));
    }

    private FilesWithPartFile Open(TestContent content, Func<int, bool> isWanted) =>
        new(new DestinationFiles(content.Layout, Destination), isWanted, Rest);

    /// <summary>Gives a store the blocks of these pieces, and ends it when it has written them.</summary>
    private async Task FetchAsync(TestContent content, Func<int, bool> isWanted, params int[] pieces)
    {
        await using var store = new TestStore(
            content, _folder, new InlineExecutor(), disk: files => new FilesWithPartFile(files, isWanted, Rest));
        foreach (BlockAddress block in pieces.SelectMany(content.Blocks))
            store.Submit(block);
        Assert.Equal(pieces, store.Verified.Select(verified => verified.Piece));
    }

    /// <summary>Fails unless a check finds exactly these pieces.</summary>
    private async Task AssertFoundAsync(TestContent content, Func<int, bool> isWanted, params int[] expected)
    {
        using FilesWithPartFile files = Open(content, isWanted);
        using PieceVerifier verifier = content.Verifier();
        Bitfield found = (await ContentChecker.CheckAsync(files, verifier)).Verified;
        Assert.Equal(expected, Enumerable.Range(0, content.Geometry.PieceCount).Where(piece => found.Contains(new PieceIndex(piece))));
    }

    private void AssertWantedOnDisk(TestContent content, Func<int, bool> isWanted)
    {
        for (int i = 0; i < content.Layout.Files.Length; i++)
        {
            ContentFile file = content.Layout.Files[i];
            string path = Path.Combine(Destination, file.Path);
            Assert.Equal(isWanted(i), File.Exists(path));
            if (isWanted(i))
                Assert.True(content.Bytes.AsSpan((int)file.Offset, (int)file.Length).SequenceEqual(File.ReadAllBytes(path)), file.Path);
        }
    }

    private static bool IsPieceWanted(TestContent content, int piece, Func<int, bool> isWanted)
    {
        foreach (ContentSection section in content.Layout.Sections(new PieceIndex(piece)))
        {
            if (!section.IsPadding && isWanted(section.File))
                return true;
        }

        return false;
    }
}
