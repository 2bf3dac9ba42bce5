using System.Security.Cryptography;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class ReadingTests
{
    [Fact]
    public void A_single_file_torrent_is_parsed()
    {
        Dict source = Samples.SingleFile();
        byte[] pieces = [.. Enumerable.Range(0, 60).Select(i => (byte)i)];
        ((Dict)source["info"])["pieces"] = pieces;
        TorrentMetainfo torrent = Samples.Parse(source);

        Assert.Equal(MetainfoVersion.V1, torrent.Version);
        Assert.Equal("file.bin", torrent.Name);
        Assert.False(torrent.IsMultiFile);
        Assert.Equal(40_000, torrent.Size);
        Assert.Equal(16 * 1024, torrent.PieceLength);
        Assert.Equal(3, torrent.PieceCount);
        TorrentFile file = Assert.Single(torrent.Files);
        Assert.Equal("file.bin", file.Path);
        Assert.Null(file.OriginalPath);
        Assert.Equal((0L, 40_000L, new PieceIndex(0), 3), (file.Offset, file.Length, file.FirstPiece, file.PieceSpan));
        Assert.Equal(pieces[20..40], torrent.PieceHash(new PieceIndex(1)).ToArray());
        Assert.False(torrent.TryGetPieceRoot(new PieceIndex(0), out _, out _));
        Assert.Equal([["http://tracker.example/announce"]], torrent.Trackers);
        Assert.Empty(torrent.Warnings);
        Assert.Null(torrent.InfoHashV2);
        Assert.Equal(torrent.InfoHash, torrent.WireHash);
    }

    [Fact]
    public void Info_hashes_are_over_the_original_bytes_even_when_keys_are_unsorted()
    {
        var info = new Dict { KeepOrder = true };
        info.Add("piece length", 16384);
        info.Add("pieces", new byte[20]);
        info.Add("name", "x");
        info.Add("length", 5);
        TorrentMetainfo torrent = Samples.Parse(new Dict { ["info"] = info });

        byte[] infoBytes = B.Encode(info);
        Assert.Equal(infoBytes, torrent.InfoBytes.ToArray());
        Assert.Equal(new InfoHash(SHA1.HashData(infoBytes)), torrent.InfoHash);
        Assert.Equal(TorrentWarningCode.UnsortedKeys, Assert.Single(torrent.Warnings).Code);
    }

    [Fact]
    public void Files_of_a_folder_are_consecutive_and_their_paths_start_with_the_torrents_name()
    {
        TorrentMetainfo torrent = Samples.Parse(Samples.MultiFile(
            Samples.File(10, "a"), Samples.File(0, "sub", "empty"), Samples.File(16_000, "sub", "ünï.txt")));

        Assert.True(torrent.IsMultiFile);
        Assert.Equal(["top/a", "top/sub/empty", "top/sub/ünï.txt"], torrent.Files.Select(f => f.Path));
        Assert.Equal([0L, 10, 10], torrent.Files.Select(f => f.Offset));
        Assert.Equal([1, 0, 1], torrent.Files.Select(f => f.PieceSpan));
        Assert.Equal(16_010, torrent.Size);
    }

    [Fact]
    public void A_folder_with_a_single_file_stays_a_folder()
    {
        TorrentMetainfo torrent = Samples.Parse(Samples.MultiFile(Samples.File(10, "a")));
        Assert.True(torrent.IsMultiFile);
        Assert.Equal("top/a", torrent.Files[0].Path);
    }

    [Fact]
    public void A_v2_torrent_aligns_every_file_to_a_piece()
    {
        Dict source = Samples.V2();
        TorrentMetainfo torrent = Samples.Parse(source);

        Assert.Equal(MetainfoVersion.V2, torrent.Version);
        Assert.Null(torrent.InfoHash);
        var expected = new InfoHashV2(SHA256.HashData(B.Encode(source["info"])));
        Assert.Equal(expected, torrent.InfoHashV2);
        Assert.Equal(expected.Truncate(), torrent.WireHash);
        Assert.Equal(["top/a.bin", "top/b/small.bin", "top/empty"], torrent.Files.Select(f => f.Path));
        Assert.Equal([0L, 3 * 16384, 4 * 16384], torrent.Files.Select(f => f.Offset));
        Assert.Equal([0, 3, 4], torrent.Files.Select(f => f.FirstPiece.Value));
        Assert.Equal(4, torrent.PieceCount);
        Assert.Equal(40_000 - (2 * 16384), torrent.Geometry.LengthOf(new PieceIndex(2)));
        Assert.Equal(40_100, torrent.Size);
        Assert.Throws<InvalidOperationException>(() => torrent.PieceHash(new PieceIndex(0)).Length);
    }

    [Fact]
    public void The_root_of_a_v2_piece_comes_from_the_piece_layer_or_from_the_root_of_a_small_file()
    {
        TorrentMetainfo torrent = Samples.Parse(Samples.V2());

        Assert.True(torrent.TryGetPieceRoot(new PieceIndex(1), out ReadOnlySpan<byte> hash, out int width));
        Assert.Equal(Samples.Hashes(3)[32..64], hash.ToArray());
        Assert.Equal(1, width);
        Assert.True(torrent.TryGetPieceRoot(new PieceIndex(3), out hash, out width));
        Assert.Equal(Samples.Hashes(1), hash.ToArray());
        Assert.Equal(1, width);
        Assert.False(torrent.TryGetPieceRoot(new PieceIndex(4), out _, out _));
        Assert.False(torrent.TryGetPieceRoot(new PieceIndex(-1), out _, out _));
    }

    [Fact]
    public void A_hybrid_torrent_has_both_hashes_and_its_size_excludes_pad_files()
    {
        TorrentMetainfo torrent = Samples.Parse(Samples.Hybrid());

        Assert.Equal(MetainfoVersion.Hybrid, torrent.Version);
        Assert.NotNull(torrent.InfoHashV2);
        Assert.Equal(torrent.InfoHash, torrent.WireHash);
        Assert.Equal(40_100, torrent.Size);
        Assert.Equal((3 * 16384) + 100, torrent.Geometry.TotalLength);
        Assert.Equal([false, true, false, false], torrent.Files.Select(f => f.IsPadding));
        Assert.Equal(3 * 16384, torrent.Files[2].Offset);
        Assert.True(torrent.TryGetPieceRoot(new PieceIndex(3), out ReadOnlySpan<byte> root, out _));
        Assert.Equal(Samples.Hashes(1), root.ToArray());
        Assert.Equal(20, torrent.PieceHash(new PieceIndex(3)).Length);
    }
}
