using System.Text;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Metainfo;

/// <summary>Torrents with defects that other clients, such as libtorrent, accept. They are read with a warning.</summary>
public sealed class LenientReadingTests
{
    [Theory]
    [InlineData("\n", 1)]
    [InlineData("<html>", 6)]
    [InlineData("d4:infodee", 10)]
    public void Bytes_after_the_root_dictionary_are_ignored_with_a_warning(string rest, int length)
    {
        byte[] whole = B.Encode(Samples.SingleFile());
        TorrentMetainfo torrent = TorrentMetainfo.Parse(whole.Concat(Encoding.ASCII.GetBytes(rest)).ToArray());
        TorrentWarning warning = Assert.Single(torrent.Warnings);
        Assert.Equal(TorrentWarningCode.TrailingData, warning.Code);
        Assert.EndsWith($": {length}.", warning.Message, StringComparison.Ordinal);
        Assert.Equal(TorrentMetainfo.Parse(whole).InfoHash, torrent.InfoHash);
        Assert.Equal(whole, torrent.ToTorrentFile());
    }

    [Theory]
    [InlineData(7)]
    [InlineData(-7)]
    [InlineData("x")]
    public void The_length_of_a_symlink_is_ignored_with_a_warning(object length)
    {
        Dict Link() => new()
        {
            ["attr"] = "l",
            ["length"] = length,
            ["path"] = new object[] { "link" },
            ["symlink path"] = new object[] { "a" },
        };
        TorrentMetainfo torrent =
            Samples.Parse(Samples.MultiFile(Samples.File(100, "a"), Link(), Samples.File(50, "c")));
        Assert.Equal((150, 0), (torrent.Size, torrent.Files[1].Length));
        Assert.Equal(("a", 100), (torrent.Files[1].SymlinkTarget, torrent.Files[2].Offset));
        TorrentWarning warning = Assert.Single(torrent.Warnings);
        Assert.Equal(
            (TorrentWarningCode.FieldIgnored, "info.files[1].length"), (warning.Code, warning.Location));
    }

    [Fact]
    public void A_v2_torrent_without_piece_layers_is_read_with_a_warning()
    {
        Dict torrent = Samples.V2();
        torrent.Remove("piece layers");
        TorrentMetainfo none = Samples.Parse(torrent);
        torrent["piece layers"] = new Dict();
        TorrentMetainfo empty = Samples.Parse(torrent);
        foreach (TorrentMetainfo read in new[] { none, empty })
        {
            Assert.Equal(TorrentWarningCode.MissingPieceLayers, Assert.Single(read.Warnings).Code);
            Assert.True(read.LacksPieceLayers);
            Assert.False(read.TryGetPieceRoot(new PieceIndex(0), out _, out _));
        }
    }

    [Fact]
    public void The_layers_that_are_present_are_used_when_others_are_missing()
    {
        Dict torrent = Samples.V2();
        ((Dict)((Dict)torrent["info"])["file tree"])["z.bin"] = Samples.Leaf(40_000, [.. Enumerable.Repeat((byte)9, 32)]);
        TorrentMetainfo read = Samples.Parse(torrent);
        TorrentWarning warning = Assert.Single(read.Warnings);
        Assert.Equal(TorrentWarningCode.MissingPieceLayers, warning.Code);
        Assert.Contains(": 1;", warning.Message, StringComparison.Ordinal);
        Assert.True(read.LacksPieceLayers);
        Assert.True(read.TryGetPieceRoot(read.Files[0].FirstPiece, out _, out _));
        Assert.True(read.TryGetPieceRoot(read.Files[1].FirstPiece, out _, out _));
        Assert.False(read.TryGetPieceRoot(read.Files[^1].FirstPiece, out _, out _));
        TorrentMetainfo again = TorrentMetainfo.Parse(read.ToTorrentFile());
        Assert.Equal(
            read.Files.Select(file => file.PieceLayer.ToArray()), again.Files.Select(file => file.PieceLayer.ToArray()));
    }

    [Fact]
    public void A_v2_torrent_of_files_of_one_piece_needs_no_piece_layers()
    {
        TorrentMetainfo whole = SmallV2(Samples.PieceLength);
        TorrentMetainfo alone = TorrentMetainfo.ParseInfo(whole.InfoBytes, whole.ToMagnet());
        foreach (TorrentMetainfo read in new[] { whole, alone })
        {
            Assert.Empty(read.Warnings);
            Assert.False(read.LacksPieceLayers);
            Assert.True(read.TryGetPieceRoot(new PieceIndex(0), out ReadOnlySpan<byte> root, out _));
            Assert.Equal(Samples.Hashes(1), root.ToArray());
        }
    }

    [Theory]
    [InlineData(16 << 10)]
    [InlineData(48 << 10)]
    [InlineData(9 << 20)]
    [InlineData((512 << 20) - (16 << 10))]
    [InlineData(512 << 20)]
    public void Piece_lengths_of_whole_blocks_up_to_512_MiB_are_read(int length)
    {
        Dict v1 = Samples.SingleFile();
        var info = (Dict)v1["info"];
        info["piece length"] = length;
        info["pieces"] = new byte[20 * ((40_000 + length - 1) / length)];
        Assert.Equal(length, Samples.Parse(v1).PieceLength);
        TorrentMetainfo v2 = SmallV2(length);
        Assert.Equal((length, false), (v2.PieceLength, v2.LacksPieceLayers));
        Assert.Equal(
            System.Numerics.BitOperations.IsPow2(length) ? [] : [TorrentWarningCode.PieceLengthNotPowerOfTwo],
            v2.Warnings.Select(warning => warning.Code));
    }

    [Fact]
    public void Piece_layers_are_ignored_when_a_piece_is_no_subtree()
    {
        Dict torrent = Samples.V2();
        var info = (Dict)torrent["info"];
        info["piece length"] = 48 << 10;
        ((Dict)info["file tree"])["a.bin"] = Samples.Leaf(100_000, Samples.Hashes(1));
        TorrentMetainfo read = Samples.Parse(torrent);
        Assert.Equal(
            [TorrentWarningCode.PieceLengthNotPowerOfTwo, TorrentWarningCode.MissingPieceLayers],
            read.Warnings.Select(warning => warning.Code));
        Assert.False(read.TryGetPieceRoot(new PieceIndex(0), out _, out _));
    }

    private static TorrentMetainfo SmallV2(int pieceLength) => Samples.Parse(new Dict
    {
        ["info"] = new Dict
        {
            ["name"] = "small.bin",
            ["piece length"] = pieceLength,
            ["meta version"] = 2,
            ["file tree"] = new Dict { ["small.bin"] = Samples.Leaf(100, Samples.Hashes(1)) },
        },
    });
}
