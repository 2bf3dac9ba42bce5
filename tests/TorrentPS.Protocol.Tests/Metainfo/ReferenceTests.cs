using System.Security.Cryptography;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Metainfo;

/// <summary>
/// Torrents created by the reference program of BEP 52, with three files: <c>a.bin</c> of 40,000 bytes, <c>empty</c>,
/// and <c>sub/ü b.txt</c> of 100 bytes. Byte i of a file is 7 i modulo 251.
/// </summary>
public sealed class ReferenceTests
{
    private const string Hybrid =
        "ZDg6YW5ub3VuY2UxNzpodHRwOi8vdC9hbm5vdW5jZTQ6aW5mb2Q5OmZpbGUgdHJlZWQ1OmEuYmluZDA6ZDY6bGVuZ3RoaTQwMDAw"
        + "ZTExOnBpZWNlcyByb290MzI6ZIJM+BsqyMTq+ivmh7h0GvP2Q6y/Iwpk4FRLIkSELLJlZTU6ZW1wdHlkMDpkNjpsZW5ndGhpMGVl"
        + "ZTM6c3ViZDg6w7wgYi50eHRkMDpkNjpsZW5ndGhpMTAwZTExOnBpZWNlcyByb290MzI66P0sTzpFP4AROXnHSW5h5b5WX8+uTk55"
        + "rCblw/m1PQxlZWVlNTpmaWxlc2xkNjpsZW5ndGhpNDAwMDBlNDpwYXRobDU6YS5iaW5lZWQ0OmF0dHIxOnA2Omxlbmd0aGk5MTUy"
        + "ZTQ6cGF0aGw0Oi5wYWQ0OjkxNTJlZWQ2Omxlbmd0aGkwZTQ6cGF0aGw1OmVtcHR5ZWVkNjpsZW5ndGhpMTAwZTQ6cGF0aGwzOnN1"
        + "Yjg6w7wgYi50eHRlZWQ0OmF0dHIxOnA2Omxlbmd0aGkxNjI4NGU0OnBhdGhsNDoucGFkNToxNjI4NGVlZTEyOm1ldGEgdmVyc2lv"
        + "bmkyZTQ6bmFtZTQ6ZGF0YTEyOnBpZWNlIGxlbmd0aGkxNjM4NGU2OnBpZWNlczgwOtrtyO/OTKfzEcn7a1kpgxUnmyrDGEPcslKX"
        + "Kzy5KSKSeaJCWBbYmA07vQShrgB6iFBkTTWDRR5HZzPezq+nR1l2P6OlB5+TvpQOysdD1JitZTEyOnBpZWNlIGxheWVyc2QzMjpk"
        + "gkz4GyrIxOr6K+aHuHQa8/ZDrL8jCmTgVEsiRIQssjk2Ot4hEkjf97xN7xGSpclnEOVWkuJnK367ffhkwyW6zH5JNiUJ0TEtFE6p"
        + "bOwoj1+RQzKsPbI44QEPyFHmvKM88fnQz4vArKtBQ4TlUIPTMFFzJUFpQ+aegKmnqqsIV+a/fmVl";

    private const string V2 =
        "ZDg6YW5ub3VuY2UxNzpodHRwOi8vdC9hbm5vdW5jZTQ6aW5mb2Q5OmZpbGUgdHJlZWQ1OmEuYmluZDA6ZDY6bGVuZ3RoaTQwMDAw"
        + "ZTExOnBpZWNlcyByb290MzI6ZIJM+BsqyMTq+ivmh7h0GvP2Q6y/Iwpk4FRLIkSELLJlZTU6ZW1wdHlkMDpkNjpsZW5ndGhpMGVl"
        + "ZTM6c3ViZDg6w7wgYi50eHRkMDpkNjpsZW5ndGhpMTAwZTExOnBpZWNlcyByb290MzI66P0sTzpFP4AROXnHSW5h5b5WX8+uTk55"
        + "rCblw/m1PQxlZWVlMTI6bWV0YSB2ZXJzaW9uaTJlNDpuYW1lNDpkYXRhMTI6cGllY2UgbGVuZ3RoaTE2Mzg0ZWUxMjpwaWVjZSBs"
        + "YXllcnNkMzI6ZIJM+BsqyMTq+ivmh7h0GvP2Q6y/Iwpk4FRLIkSELLI5NjreIRJI3/e8Te8RkqXJZxDlVpLiZyt+u334ZMMlusx+"
        + "STYlCdExLRROqWzsKI9fkUMyrD2yOOEBD8hR5ryjPPH50M+LwKyrQUOE5VCD0zBRcyVBaUPmnoCpp6qrCFfmv35lZQ==";

    [Fact]
    public void The_hybrid_torrent_of_the_reference_program_is_parsed_with_its_hashes()
    {
        TorrentMetainfo torrent = TorrentMetainfo.Parse(Convert.FromBase64String(Hybrid));
        Assert.Equal("984057042708402893f2656f702a8946e66bed51", torrent.InfoHash.ToString());
        Assert.Equal("00dcdf78420f53fd559a973af2a4b0c5fef234e339ade3eeb8ec6562fea6d8f1", torrent.InfoHashV2.ToString());
        Assert.Equal(
            ["data/a.bin", "data/empty", "data/sub/ü b.txt"],
            torrent.Files.Where(f => !f.IsPadding).Select(f => f.Path));
        Assert.Equal((40_100, 4 * 16384), (torrent.Size, torrent.Geometry.TotalLength));
        byte[] first = Content(16384);
        Assert.Equal(SHA1.HashData(first), torrent.PieceHash(new PieceIndex(0)).ToArray());
        Assert.True(torrent.TryGetPieceRoot(new PieceIndex(0), out ReadOnlySpan<byte> root, out _));
        Assert.Equal(SHA256.HashData(first), root.ToArray());
        Assert.True(torrent.TryGetPieceRoot(new PieceIndex(3), out root, out _));
        Assert.Equal(SHA256.HashData(Content(100)), root.ToArray());
    }

    [Fact]
    public void A_v2_torrent_is_encoded_byte_for_byte_like_the_reference_program_does()
    {
        TorrentLayout layout = TorrentLayout.Folder(
            MetainfoVersion.V2, 16384, "data", [File(100, "sub", "ü b.txt"), File(40_000, "a.bin"), File(0, "empty")]);
        var builder = new TorrentBuilder(layout)
        {
            FileHashes = [.. layout.Files.Select(f => f.Length == 0 ? null
                : FileHashes.FromLeaves(Leaves(f.Length), 16384))],
            Trackers = [["http://t/announce"]],
        };
        Assert.Equal(Convert.FromBase64String(V2), builder.Build());
    }

    private static NewTorrentFile File(long length, params string[] path) => new() { Path = path, Length = length };

    private static byte[] Content(long length) =>
        [.. Enumerable.Range(0, (int)length).Select(i => (byte)(i * 7 % 251))];

    private static byte[] Leaves(long length) => [.. Content(length).Chunk(16384).SelectMany(SHA256.HashData)];
}
