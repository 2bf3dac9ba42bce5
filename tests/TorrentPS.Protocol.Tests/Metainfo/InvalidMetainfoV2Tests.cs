using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class InvalidMetainfoV2Tests
{
    public static TheoryData<object?, MetainfoError> WrongTrees() => new()
    {
        { null, MetainfoError.InvalidFileTree },
        { 5, MetainfoError.InvalidFileTree },
        { new Dict(), MetainfoError.NoFiles },
        { Samples.Leaf(5, Samples.Hashes(1)), MetainfoError.InvalidFileTree },
        { new Dict { ["a"] = 5 }, MetainfoError.InvalidFileTree },
        { new Dict { ["a"] = new Dict { [string.Empty] = 5 } }, MetainfoError.InvalidFileTree },
        { new Dict { ["a"] = new Dict { [string.Empty] = new Dict { ["length"] = 0 }, ["b"] = Samples.Leaf(0, null) } },
            MetainfoError.InvalidFileTree },
        { new Dict { ["a"] = new Dict { [string.Empty] = new Dict() } }, MetainfoError.MissingLength },
        { new Dict { ["a"] = Samples.Leaf(-1, Samples.Hashes(1)) }, MetainfoError.InvalidLength },
        { new Dict { ["a"] = Samples.Leaf(5, null) }, MetainfoError.InvalidPiecesRoot },
        { new Dict { ["a"] = Samples.Leaf(5, new byte[31]) }, MetainfoError.InvalidPiecesRoot },
        { new Dict { ["a"] = Samples.Leaf(5, new byte[32]) }, MetainfoError.InvalidPiecesRoot },
        { new Dict { ["a"] = Samples.Leaf(0, null) }, MetainfoError.NoContent },
        { new Dict { ["a"] = Samples.Leaf(long.MaxValue, Samples.Hashes(1)) }, MetainfoError.TooManyPieces },
        { new Dict { ["a"] = Samples.Leaf(long.MaxValue, Samples.Hashes(1)),
            ["b"] = Samples.Leaf(1, Samples.Hashes(1)) }, MetainfoError.LengthOverflow },
        { new Dict { ["a"] = new Dict { [string.Empty] = new Dict { ["length"] = 5, ["attr"] = "p" } } },
            MetainfoError.InvalidPadFile },
        { new Dict { KeepOrder = true, ["b"] = Samples.Leaf(5, Samples.Hashes(1)),
            ["a"] = Samples.Leaf(5, Samples.Hashes(1)) }, MetainfoError.InvalidFileTree },
    };

    [Theory]
    [MemberData(nameof(WrongTrees))]
    public void An_invalid_file_tree_throws(object? tree, MetainfoError expected)
    {
        MetainfoException refusal = Samples.RefusedInfo(Samples.V2(), info =>
        {
            info.Remove("file tree");
            if (tree is not null)
                info["file tree"] = tree;
        });
        Assert.Equal(expected, refusal.Code);
    }

    [Theory]
    [InlineData(16383)]
    [InlineData(8192)]
    [InlineData(40 * 1024)]
    public void A_v2_piece_length_must_be_whole_blocks(int length) =>
        Assert.Equal(
            MetainfoError.InvalidPieceLength,
            Samples.RefusedInfo(Samples.V2(), info => info["piece length"] = length).Code);

    [Fact]
    public void An_unknown_version_is_reported_before_any_other_error() =>
        Assert.Equal(MetainfoError.UnsupportedVersion, Samples.RefusedInfo(Samples.V2(), info =>
        {
            info["meta version"] = 3;
            info.Remove("name");
            info.Remove("file tree");
        }).Code);

    [Fact]
    public void Piece_layers_must_match_their_roots()
    {
        Dict torrent = Samples.V2();
        torrent["piece layers"] = 5;
        Assert.Equal(MetainfoError.InvalidPieceLayers, Samples.Refused(torrent).Code);

        torrent["piece layers"] = new Dict { ["short"] = new byte[32] };
        Assert.Equal(MetainfoError.InvalidPieceLayers, Samples.Refused(torrent).Code);

        byte[] layer = Samples.Hashes(3);
        byte[] root = MerkleTree.RootOfPieceLayer(layer, Samples.PieceLength);
        Assert.Equal(MetainfoError.PieceLayerMismatch, WithLayer(root, layer[..64]).Code);
        Assert.Equal(MetainfoError.PieceLayerMismatch, WithLayer(root, [.. layer, .. new byte[32]]).Code);
        layer[40] ^= 1;
        MetainfoException forged = WithLayer(root, layer);
        Assert.Equal((MetainfoError.PieceLayerMismatch, "info.file tree/a.bin"), (forged.Code, forged.Location));
    }

    [Fact]
    public void A_piece_layer_without_a_file_is_only_a_warning()
    {
        Dict torrent = Samples.V2();
        ((Dict)torrent["piece layers"]).Add(new byte[32], new byte[32]);
        Assert.Equal(TorrentWarningCode.UnusedPieceLayer, Assert.Single(Samples.Parse(torrent).Warnings).Code);
    }

    public static TheoryData<string, MetainfoError, object[]> WrongHybridFiles()
    {
        Dict a = Samples.File(40_000, "a.bin");
        Dict pad = Pad(9152);
        Dict small = Samples.File(100, "b", "small.bin");
        Dict empty = Samples.File(0, "empty");
        return new()
        {
            { "no pad file", MetainfoError.MisalignedFile, [a, small, empty] },
            { "pad file too short", MetainfoError.InvalidPadFile, [a, Pad(9151), small, empty] },
            { "pad file a piece too long", MetainfoError.InvalidPadFile, [a, Pad(9152 + 16384), small, empty] },
            { "two pad files", MetainfoError.InvalidPadFile, [a, Pad(9000), Pad(152), small, empty] },
            { "pad file first", MetainfoError.InvalidPadFile, [Pad(16384), a, pad, small, empty] },
            { "other length", MetainfoError.HybridMismatch, [a, pad, Samples.File(99, "b", "small.bin"), empty] },
            { "other name", MetainfoError.HybridMismatch, [a, pad, Samples.File(100, "b", "other.bin"), empty] },
            { "other folder", MetainfoError.HybridMismatch, [a, pad, Samples.File(100, "c", "small.bin"), empty] },
            { "no folder", MetainfoError.HybridMismatch, [a, pad, Samples.File(100, "small.bin"), empty] },
            { "file missing", MetainfoError.HybridMismatch, [a, pad, small] },
            { "file too many", MetainfoError.HybridMismatch, [a, pad, small, empty, Samples.File(0, "more")] },
            { "other order", MetainfoError.HybridMismatch, [small, Pad(16284), a, empty] },
        };
    }

    [Theory]
    [MemberData(nameof(WrongHybridFiles))]
    public void The_two_parts_of_a_hybrid_must_describe_the_same_files(
        string because, MetainfoError expected, object[] files)
    {
        MetainfoException refusal = Samples.RefusedInfo(Samples.Hybrid(), info => info["files"] = files);
        Assert.True(expected == refusal.Code, $"{because}: {refusal.Message}");
    }

    [Fact]
    public void A_hybrid_torrent_may_have_a_pad_file_at_its_end()
    {
        Dict torrent = Samples.Hybrid();
        var info = (Dict)torrent["info"];
        info["files"] = new object[] { Samples.File(40_000, "a.bin"), Pad(9152), Samples.File(100, "b", "small.bin"),
            Samples.File(0, "empty"), Pad(16284) };
        Assert.Equal(40_100, Samples.Parse(torrent).Size);
    }

    [Fact]
    public void A_single_file_hybrid_has_the_same_name_in_both_parts()
    {
        byte[] root = Samples.Hashes(1);
        var info = new Dict
        {
            ["name"] = "x.bin",
            ["length"] = 100,
            ["piece length"] = 16384,
            ["pieces"] = new byte[20],
            ["meta version"] = 2,
            ["file tree"] = new Dict { ["x.bin"] = Samples.Leaf(100, root) },
        };
        var torrent = new Dict { ["info"] = info, ["piece layers"] = new Dict() };
        TorrentMetainfo read = Samples.Parse(torrent);
        Assert.Equal((MetainfoVersion.Hybrid, false, "x.bin"), (read.Version, read.IsMultiFile, read.Files[0].Path));
        info["file tree"] = new Dict { ["y.bin"] = Samples.Leaf(100, root) };
        Assert.Equal(MetainfoError.HybridMismatch, Samples.Refused(torrent).Code);
    }

    private static Dict Pad(long length) =>
        new() { ["attr"] = "p", ["length"] = length, ["path"] = new object[] { ".pad", $"{length}" } };

    private static MetainfoException WithLayer(byte[] root, byte[] layer)
    {
        var layers = new Dict();
        layers.Add(root, layer);
        Dict torrent = Samples.V2();
        torrent["piece layers"] = layers;
        return Samples.Refused(torrent);
    }
}
