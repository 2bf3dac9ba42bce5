using System.Security.Cryptography;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class CreationTests
{
    private static readonly NewTorrentFile[] SomeFiles =
    [
        File(40_000, "b", "x.bin"), File(0, "empty"), File(100, "b.txt"), File(70_000, "a", "b", "c.bin"),
            File(5, "ünï"), File(16384, "z"),
    ];

    [Theory]
    [InlineData(MetainfoVersion.V1)]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public void A_created_torrent_is_parsed_again(MetainfoVersion version)
    {
        TorrentLayout layout = TorrentLayout.Folder(version, 32 * 1024, "my files", SomeFiles);
        byte[] data = Builder(layout).Build();
        TorrentMetainfo torrent = TorrentMetainfo.Parse(data);

        Assert.Equal(version, torrent.Version);
        Assert.Empty(torrent.Warnings);
        Assert.Equal("my files", torrent.Name);
        Assert.Equal(
            layout.Files.Select(f => (string.Join('/', f.Path), f.Length)),
            torrent.Files.Select(f => (f.Path["my files/".Length..], f.Length)));
        Assert.Equal(layout.Geometry.PieceCount, torrent.PieceCount);
        Assert.Equal(SomeFiles.Sum(f => f.Length), torrent.Size);
        Assert.Equal([["http://a/announce", "http://b/announce"], ["udp://c:1"]], torrent.Trackers);
        Assert.Equal(["http://w/"], torrent.WebSeeds);
        Assert.Equal([new HostEndPoint("h", 5)], torrent.Nodes);
        Assert.True(torrent.IsPrivate);
        Assert.Equal(("SRC", "a comment", "maker"), (torrent.Source, torrent.Comment, torrent.CreatedBy));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(10), torrent.CreationDate);
        for (int i = 0; i < torrent.PieceCount; i++)
            Assert.Equal(version != MetainfoVersion.V1, torrent.TryGetPieceRoot(new PieceIndex(i), out _, out _));
    }

    [Theory]
    [InlineData(MetainfoVersion.V1)]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public void A_single_file_torrent_has_no_folder(MetainfoVersion version)
    {
        TorrentLayout layout =
            TorrentLayout.SingleFile(version, 16 * 1024, "one.bin", 20_000, TorrentFileAttributes.Executable);
        TorrentMetainfo torrent = TorrentMetainfo.Parse(Builder(layout).Build());
        Assert.False(torrent.IsMultiFile);
        TorrentFile file = Assert.Single(torrent.Files);
        Assert.Equal(("one.bin", 20_000L, TorrentFileAttributes.Executable), (file.Path, file.Length, file.Attributes));
    }

    [Fact]
    public void V1_keeps_the_given_order_and_v2_uses_tree_order()
    {
        Assert.Equal(["b/x.bin", "empty", "b.txt", "a/b/c.bin", "ünï", "z"], Paths(MetainfoVersion.V1));
        Assert.Equal(["a/b/c.bin", "b/x.bin", "b.txt", "empty", "z", "ünï"], Paths(MetainfoVersion.V2));

        static IEnumerable<string> Paths(MetainfoVersion version) =>
            TorrentLayout.Folder(version, 16384, "n", SomeFiles).Files.Select(f => string.Join('/', f.Path));
    }

    [Fact]
    public void A_hybrid_torrent_has_pad_files_between_files_and_not_after_the_last()
    {
        TorrentLayout layout = TorrentLayout.Folder(
            MetainfoVersion.Hybrid, 16384, "n", [File(1, "a"), File(0, "b"), File(16384, "c"), File(2, "d")]);
        Assert.Equal(["a", "b", ".pad/16383", "c", "d"], layout.Files.Select(f => string.Join('/', f.Path)));
        Assert.Equal((2 * 16384) + 2, layout.Geometry.TotalLength);
    }

    [Fact]
    public void Symlinks_and_attributes_are_kept()
    {
        NewTorrentFile[] files =
        [
            File(10, "dir", "target"),
            new() { Path = ["link"], Length = 0, Attributes = TorrentFileAttributes.Symlink,
                SymlinkTarget = ["dir", "target"] },
            new() { Path = ["run"], Length = 3,
                Attributes = TorrentFileAttributes.Executable | TorrentFileAttributes.Hidden },
        ];
        foreach (MetainfoVersion version in Enum.GetValues<MetainfoVersion>())
        {
            TorrentMetainfo torrent =
                TorrentMetainfo.Parse(Builder(TorrentLayout.Folder(version, 16384, "n", files)).Build());
            Assert.Equal("dir/target", torrent.Files.Single(f => f.Path == "n/link").SymlinkTarget);
            Assert.Equal(files[2].Attributes, torrent.Files.Single(f => f.Path == "n/run").Attributes);
            Assert.Empty(torrent.Warnings);
        }
    }

    [Fact]
    public void The_hashes_of_identical_files_are_written_once()
    {
        TorrentLayout layout =
            TorrentLayout.Folder(MetainfoVersion.V2, 16384, "n", [File(40_000, "a"), File(40_000, "b")]);
        FileHashes hashes = FileHashes.FromLeaves(Leaves(3), 16384);
        var builder = new TorrentBuilder(layout) { FileHashes = [hashes, hashes] };
        TorrentMetainfo torrent = TorrentMetainfo.Parse(builder.Build());
        Assert.Equal(torrent.Files[0].PieceLayer.ToArray(), torrent.Files[1].PieceLayer.ToArray());
    }

    [Fact]
    public void Hashes_that_do_not_match_the_layout_throw()
    {
        TorrentLayout v1 = TorrentLayout.SingleFile(MetainfoVersion.V1, 16384, "n", 20_000);
        Assert.Throws<InvalidOperationException>(() => new TorrentBuilder(v1) { PieceHashes = new byte[20] }.Build());
        TorrentLayout v2 = TorrentLayout.SingleFile(MetainfoVersion.V2, 16384, "n", 20_000);
        Assert.Throws<InvalidOperationException>(() => new TorrentBuilder(v2).Build());
        Assert.Throws<InvalidOperationException>(() => new TorrentBuilder(v2) { FileHashes = [null] }.Build());
        Assert.Throws<InvalidOperationException>(
            () => new TorrentBuilder(v2) { FileHashes = [new FileHashes(new byte[32], new byte[32])] }.Build());
    }

    [Fact]
    public void Files_that_a_torrent_cannot_contain_throw()
    {
        Refused(16384, "n");
        Refused(16384, "n", File(0, "a"));
        Refused(16384, "n", File(-1, "a"));
        Refused(16384, "n", File(1));
        Refused(16384, "n", File(1, "a", ""));
        Refused(16384, "n", File(1, "..", "a"));
        Refused(16384, "n", File(1, "a/b"));
        Refused(16384, "n", File(1, "a"), File(2, "a"));
        Refused(16384, "n", File(1, "a", "b", "c"), File(2, "a"));
        foreach (string name in new[] { "", ".", "..", "../n", "a/b", "/n" })
            Refused(16384, name, File(1, "a"));
        Refused(0, "n", File(1, "a"));
        Refused(20_000, "n", File(1, "a"));

        static void Refused(int pieceLength, string name, params NewTorrentFile[] files) =>
            Assert.ThrowsAny<ArgumentException>(
                () => TorrentLayout.Folder(MetainfoVersion.V2, pieceLength, name, files));
    }

    [Theory]
    [InlineData(0, 16 * 1024)]
    [InlineData(1, 16 * 1024)]
    [InlineData(2000L * 16 * 1024, 16 * 1024)]
    [InlineData((2000L * 16 * 1024) + 1, 32 * 1024)]
    [InlineData(1L << 30, 1024 * 1024)]
    [InlineData(4L << 30, 4 * 1024 * 1024)]
    [InlineData(1L << 40, 16 * 1024 * 1024)]
    [InlineData(long.MaxValue, 16 * 1024 * 1024)]
    public void The_chosen_piece_length_gives_at_most_two_thousand_pieces(long size, int expected) =>
        Assert.Equal(expected, PieceLengthChooser.Choose(size));

    private static NewTorrentFile File(long length, params string[] path) => new() { Path = path, Length = length };

    private static byte[] Leaves(long count) =>
        [.. Enumerable.Range(0, (int)count).SelectMany(i => SHA256.HashData(BitConverter.GetBytes(i)))];

    private static TorrentBuilder Builder(TorrentLayout layout) => new(layout)
    {
        PieceHashes = layout.Version == MetainfoVersion.V2 ? default : new byte[20 * layout.Geometry.PieceCount],
        FileHashes = layout.Version == MetainfoVersion.V1
            ? []
            : [.. layout.Files.Select(f => f.Length == 0 || f.IsPadding ? null
                : FileHashes.FromLeaves(Leaves(MerkleTree.LeafCount(f.Length)), layout.PieceLength))],
        Trackers = [["http://a/announce", "http://b/announce"], ["udp://c:1"]],
        WebSeeds = ["http://w/"],
        Nodes = [new HostEndPoint("h", 5)],
        IsPrivate = true,
        Source = "SRC",
        Comment = "a comment",
        CreatedBy = "maker",
        CreationDate = DateTimeOffset.UnixEpoch.AddDays(10),
    };
}
