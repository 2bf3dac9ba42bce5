using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>File priorities that change while the files are written.</summary>
public sealed class PrioritizedFilesTests : IDisposable
{
    private const int Piece = 16 * 1024;

    private readonly TempFolder _folder = new();

    private string Destination => _folder["destination"];

    private string PartFilePath => _folder["state/some.parts"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_wanted_later_gets_its_data_from_the_part_file_which_is_deleted()
    {
        // Pieces: 0-1 = a; 2 = a, b; 3-4 = b; 5 = b, c; 6 = c.
        TestContent content = TestContent.Of(Piece, (2 * Piece) + 7, (3 * Piece) + 1, Piece + 9);
        PrioritizedFiles files = null!;
        await using (var store = Open(content, disk => files = Prioritize(content, disk, file => file != 1)))
        {
            Submit(store, content, 0, 1, 2, 5, 6);
            Assert.False(File.Exists(PathOf(content, 1)));

            files.ChangeWanted(_ => true);

            Assert.True(File.Exists(PathOf(content, 1)));
            Assert.False(File.Exists(PartFilePath));
            AssertReadable(content, files, 0, 1, 2, 5, 6);
            Submit(store, content, 3, 4);
        }

        content.AssertOnDisk(Destination);
    }

    [Fact]
    public async Task A_file_skipped_later_keeps_its_data_and_is_not_created_if_it_does_not_exist()
    {
        TestContent content = TestContent.Of(Piece, (2 * Piece) + 7, (3 * Piece) + 1, Piece + 9);
        PrioritizedFiles files = null!;
        await using var store = Open(content, disk => files = Prioritize(content, disk, _ => true));
        Submit(store, content, 0, 1);

        files.ChangeWanted(file => file != 1);
        Submit(store, content, 2, 5, 6);
        Assert.False(File.Exists(PathOf(content, 1)));
        AssertReadable(content, files, 0, 1, 2, 5, 6);

        files.ChangeWanted(file => file == 1);
        Submit(store, content, 3, 4);
        content.AssertOnDisk(Destination);
        AssertReadable(content, files, 0, 1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public void Pieces_are_written_directly_to_the_destination_unless_a_file_is_skipped()
    {
        TestContent content = TestContent.Of(Piece, Piece + 100, Piece, Piece);
        var destination = new DestinationFiles(content.Layout, Destination);
        using PrioritizedFiles files = Prioritize(content, destination, _ => true);

        Assert.Same(destination, Target());
        files.ChangeWanted(file => file != 1);
        Assert.IsType<FilesWithPartFile>(Target());
        files.ChangeWanted(_ => true);
        Assert.Same(destination, Target());

        IContentFiles Target()
        {
            IContentFiles target = files.BeginPieceWrite();
            files.EndPieceWrite();
            return target;
        }
    }

    [Fact]
    public async Task Invalid_data_in_the_part_file_does_not_reach_a_file()
    {
        TestContent content = TestContent.Of(Piece, Piece + 100, Piece);
        Directory.CreateDirectory(Path.GetDirectoryName(PartFilePath)!);
        File.WriteAllBytes(PartFilePath, new byte[Piece]);
        PrioritizedFiles files = null!;
        await using var store = Open(content, disk => files = Prioritize(content, disk, file => file == 0));

        files.ChangeWanted(_ => true);

        Assert.False(File.Exists(PathOf(content, 1)));
        Assert.False(File.Exists(PartFilePath));
    }

    [Fact]
    public async Task After_an_I_O_error_the_priorities_are_unchanged_and_no_data_is_lost()
    {
        TestContent content = TestContent.Of(Piece, Piece + 100, Piece, Piece);
        PrioritizedFiles files = null!;
        FailingFiles disk = null!;
        await using var store =
            Open(content, real => files = Prioritize(content, disk = new FailingFiles(real), file => file == 0));
        Submit(store, content, 0, 1);
        var fault = new StorageFault(StorageFaultKind.DiskFull, Destination, "full");

        disk.Fault = fault;
        var exception = Assert.Throws<StorageException>(() => files.ChangeWanted(_ => true));
        Assert.Equal(fault, exception.Fault);
        AssertReadable(content, files, 0, 1);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(PartFilePath)!, "*.parts*"));

        disk.Fault = null;
        files.ChangeWanted(_ => true);
        Submit(store, content, 2, 3);
        content.AssertOnDisk(Destination);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task With_random_priority_changes_during_writes_all_written_pieces_can_be_read(int seed)
    {
        var random = new Random(seed);
        TestContent content = TestContent.Of(
            Piece, [.. Enumerable.Range(0, 60).Select(_ => (long)random.Next(1, random.Next(2, 3 * Piece)))]);
        PrioritizedFiles files = null!;
        using var executor = new StorageExecutor();
        Func<IContentFiles, IContentFiles> prioritize =
            disk => files = Prioritize(content, disk, _ => random.Next(2) == 0);
        await using (var store = new TestStore(content, _folder, executor, disk: prioritize))
        {
            int[] pieces = [.. Enumerable.Range(0, content.Geometry.PieceCount)];
            random.Shuffle(pieces);
            for (int i = 0; i < pieces.Length; i++)
            {
                Submit(store, content, pieces[i]);
                if (i % 8 != 0)
                    continue;
                bool[] wanted = [.. content.Layout.Files.Select(_ => random.Next(2) == 0)];
                files.ChangeWanted(file => wanted[file]);
                AssertReadable(content, files, [.. store.Verified.Select(verified => verified.Piece)]);
            }

            await store.VerifiedAsync(pieces.Length);
            AssertReadable(content, files, pieces);
            files.ChangeWanted(_ => true);
        }

        content.AssertOnDisk(Destination);
        Assert.False(File.Exists(PartFilePath));
    }

    private PrioritizedFiles Prioritize(TestContent content, IContentFiles disk, Func<int, bool> isWanted)
    {
        bool[] wanted = [.. Enumerable.Range(0, content.Layout.Files.Length).Select(isWanted)];
        return new PrioritizedFiles(disk, file => wanted[file], content.Verifier(), PartFilePath);
    }

    private TestStore Open(TestContent content, Func<IContentFiles, IContentFiles> disk) =>
        new(content, _folder, new InlineExecutor(), disk: disk);

    private string PathOf(TestContent content, int file) => Path.Combine(Destination, content.Layout.Files[file].Path);

    private static void Submit(TestStore store, TestContent content, params int[] pieces)
    {
        foreach (BlockAddress block in pieces.SelectMany(content.Blocks))
            store.Submit(block);
    }

    private static void AssertReadable(TestContent content, PrioritizedFiles files, params int[] pieces)
    {
        byte[] actual = new byte[Piece];
        foreach (int piece in pieces)
        {
            ReadOnlySpan<byte> expected = content.Piece(piece);
            files.ReadContent(content.Geometry.OffsetOf(new PieceIndex(piece)), actual.AsSpan(0, expected.Length));
            Assert.True(actual.AsSpan(0, expected.Length).SequenceEqual(expected), $"Piece {piece} differs.");
        }
    }
}
