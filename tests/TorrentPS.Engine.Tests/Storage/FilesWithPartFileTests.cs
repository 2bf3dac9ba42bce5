using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>Skipped files that share pieces with wanted files.</summary>
public sealed class FilesWithPartFileTests : IDisposable
{
    private const int Piece = 16 * 1024;

    private readonly TempFolder _folder = new();

    private string Destination => _folder["destination"];

    private string PartFilePath => _folder["state/some.parts"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Skipped_files_are_not_created_and_their_data_is_found_in_the_part_file()
    {
        // Pieces: 0-1 = a; 2 = a, b; 3-4 = b; 5 = b, c; 6 = c.
        TestContent content = TestContent.Of(Piece, (2 * Piece) + 7, (3 * Piece) + 1, Piece + 9);
        await DownloadAsync(content, IsWanted, 0, 1, 2, 5, 6);

        AssertWantedOnDisk(content, IsWanted);
        await AssertFoundAsync(content, IsWanted, 0, 1, 2, 5, 6);

        File.Delete(PartFilePath);
        await AssertFoundAsync(content, IsWanted, 0, 1, 6);

        static bool IsWanted(int file) => file != 1;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task For_random_files_all_downloaded_pieces_can_be_read_and_only_wanted_files_exist(int seed)
    {
        var random = new Random(seed);
        TestContent content = TestContent.Of(
            Piece, [.. Enumerable.Range(0, 40).Select(_ => (long)random.Next(1, random.Next(2, 5 * Piece)))]);
        bool[] wanted = [.. content.Layout.Files.Select(_ => random.Next(2) == 0)];
        int[] pieces = [.. Enumerable.Range(0, content.Geometry.PieceCount)
            .Where(piece => IsPieceWanted(content, piece, file => wanted[file]))];
        await DownloadAsync(content, file => wanted[file], pieces);

        AssertWantedOnDisk(content, file => wanted[file]);
        await AssertFoundAsync(content, file => wanted[file], pieces);
        Assert.True(new FileInfo(PartFilePath).Length <= pieces.Length * (long)Piece);

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
    public void The_part_file_takes_no_more_space_than_the_shared_pieces()
    {
        const long large = 1L << 40;
        var layout = new ContentLayout(
            TorrentGeometry.Continuous(large + 1, Piece),
            [new ContentFile("big", 0, large - 5), new ContentFile("small", large - 5, 6)]);
        var destination = new DestinationFiles(layout, Destination);
        using (var files = new FilesWithPartFile(destination, file => file == 1, new PartFile(PartFilePath)))
            files.Write(0, large - 9, [new byte[] { 1, 2, 3, 4 }]);

        Assert.InRange(new FileInfo(PartFilePath).Length, 4, Piece);
    }

    [Fact]
    public async Task A_skipped_file_that_exists_is_read_and_written_in_place()
    {
        TestContent content = TestContent.Of(Piece, Piece + 100, Piece);
        content.WriteTo(Destination);
        string file = Path.Combine(Destination, content.Layout.Files[1].Path);
        byte[] corrupt = File.ReadAllBytes(file);
        corrupt[5] ^= 1;
        File.WriteAllBytes(file, corrupt);
        await AssertFoundAsync(content, IsWanted, 0, 2);

        new KnownFiles(2, _folder["known/destination.files"]).Add(0, 1);
        await DownloadAsync(content, IsWanted, 1);

        content.AssertOnDisk(Destination);
        Assert.False(File.Exists(PartFilePath));

        static bool IsWanted(int file) => file == 0;
    }

    [Fact]
    public async Task A_skipped_file_that_exists_and_is_not_known_is_not_written()
    {
        TestContent content = TestContent.Of(Piece, Piece + 100, Piece);
        string file = Path.Combine(Destination, content.Layout.Files[1].Path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "mine");

        await DownloadAsync(content, file => file == 0, 0, 1);

        Assert.Equal("mine", File.ReadAllText(file));
        Assert.True(File.Exists(PartFilePath));
    }

    [Fact]
    public async Task A_file_wanted_in_a_later_run_is_missing_until_downloaded()
    {
        TestContent content = TestContent.Of(Piece, Piece + 100, Piece, Piece);
        await DownloadAsync(content, file => file == 0, 0, 1);

        await AssertFoundAsync(content, file => file < 2, 0);
        await DownloadAsync(content, file => file < 2, 1, 2);

        AssertWantedOnDisk(content, file => file < 2);
        await AssertFoundAsync(content, file => file < 2, 0, 1, 2);
    }

    [Fact]
    public async Task Part_file_data_of_other_priorities_is_not_mistaken_for_valid()
    {
        // Pieces 1 and 3 are shared at first. In the last check only 5 is, and its slot is the former slot of piece 1.
        TestContent content = TestContent.Of(Piece, Piece + 100, 2 * Piece, 2 * Piece, 2 * Piece);
        await DownloadAsync(content, file => file != 1, 0, 1, 3, 4, 5, 6, 7);
        File.Delete(Path.Combine(Destination, content.Layout.Files[2].Path));

        await AssertFoundAsync(content, file => file == 0, 0, 1, 6, 7);
        await AssertFoundAsync(content, file => file == 3, 0, 6, 7);
    }

    [Fact]
    public void Reading_without_a_part_file_returns_nothing_and_creates_no_file()
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
    public void An_unusable_state_folder_is_reported()
    {
        TestContent content = TestContent.Of(Piece, 100, 100);
        File.WriteAllText(_folder["state"], "in the way");
        using FilesWithPartFile files = Open(content, file => file == 0);

        var exception = Assert.Throws<StorageException>(() => files.Write(1, 0, [new byte[1]]));

        Assert.Equal(PartFilePath, exception.Fault.Path);
    }

    [Fact]
    public void A_part_file_cannot_be_opened_twice()
    {
        TestContent content = TestContent.Of(Piece, 100, 100);
        using FilesWithPartFile one = Open(content, file => file == 0);
        one.Write(1, 0, [new byte[1]]);
        using FilesWithPartFile other = Open(content, file => file == 0);

        var exception = Assert.Throws<StorageException>(() => other.Write(1, 0, [new byte[1]]));

        Assert.Equal((StorageFaultKind.IOError, PartFilePath), (exception.Fault.Kind, exception.Fault.Path));
    }

    [Fact]
    public void Each_torrent_and_destination_has_its_own_part_file()
    {
        string path = PartFile.PathFor(_folder["state"], "0123", Destination);

        Assert.Equal(_folder["state"], Path.GetDirectoryName(path));
        Assert.Equal(path, PartFile.PathFor(_folder["state"], "0123", Destination + Path.DirectorySeparatorChar));
        Assert.NotEqual(path, PartFile.PathFor(_folder["state"], "0123", Destination + "2"));
        Assert.NotEqual(path, PartFile.PathFor(_folder["state"], "0124", Destination));
    }

    private FilesWithPartFile Open(TestContent content, Func<int, bool> isWanted) =>
        new(new DestinationFiles(content.Layout, Destination), isWanted, new PartFile(PartFilePath));

    /// <summary>Downloads these pieces with a store and closes it.</summary>
    private async Task DownloadAsync(TestContent content, Func<int, bool> isWanted, params int[] pieces)
    {
        await using var store = new TestStore(
            content,
            _folder,
            new InlineExecutor(),
            disk: files => new FilesWithPartFile(files, isWanted, new PartFile(PartFilePath)));
        foreach (BlockAddress block in pieces.SelectMany(content.Blocks))
            store.Submit(block);
        Assert.Equal(pieces, store.Verified.Select(verified => verified.Piece));
    }

    /// <summary>Fails unless a check verifies exactly these pieces.</summary>
    private async Task AssertFoundAsync(TestContent content, Func<int, bool> isWanted, params int[] expected)
    {
        using FilesWithPartFile files = Open(content, isWanted);
        using PieceVerifier verifier = content.Verifier();
        Bitfield found = (await ContentChecker.CheckAsync(files, verifier)).Verified;
        Assert.Equal(
            expected,
            Enumerable.Range(0, content.Geometry.PieceCount).Where(piece => found.Contains(new PieceIndex(piece))));
    }

    private void AssertWantedOnDisk(TestContent content, Func<int, bool> isWanted)
    {
        for (int i = 0; i < content.Layout.Files.Length; i++)
        {
            ContentFile file = content.Layout.Files[i];
            string path = Path.Combine(Destination, file.Path);
            Assert.Equal(isWanted(i), File.Exists(path));
            if (!isWanted(i))
                continue;
            Assert.True(
                content.Bytes.AsSpan((int)file.Offset, (int)file.Length).SequenceEqual(File.ReadAllBytes(path)),
                file.Path);
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
