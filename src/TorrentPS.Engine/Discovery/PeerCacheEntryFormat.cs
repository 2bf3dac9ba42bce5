using System.Buffers;
using System.Net;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// The file format of a <see cref="PeerCacheEntry"/>: a bencoded dictionary with the list <c>peers</c>. Each of its
/// items has <c>a</c> (compact peer), <c>r</c> (rate in bytes/s) and <c>t</c> (time when the peer last transferred
/// content or accepted a connection). Times are in seconds since 1970, UTC. Other keys, which earlier versions wrote,
/// are ignored.
/// </summary>
internal static class PeerCacheEntryFormat
{
    /// <summary>
    /// Maximum length of a file in bytes. An entry with the maximum number of peers takes about 5 KB. Files of earlier
    /// versions, with the responses of trackers, have up to about 20 KB.
    /// </summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>First bytes of every file: a dictionary whose first key is <c>peers</c>.</summary>
    public static ReadOnlySpan<byte> FileStart => "d5:peers"u8;

    private static readonly BencodeLimits s_limits = new() { MaxDepth = 6, MaxTokens = 4096, MaxLength = MaxLength };

    /// <summary>
    /// Parses an entry. Invalid items are skipped. Returns an empty entry if the bytes are not in this format.
    /// </summary>
    public static PeerCacheEntry Read(byte[] bytes)
    {
        try
        {
            BencodeValue root = BencodeValue.Parse(bytes, s_limits);
            return new PeerCacheEntry
            {
                Peers = [.. Items(root, "peers"u8).Select(ReadPeer).OfType<CachedPeer>().Take(PeerCacheEntry.MaxPeers)],
            };
        }
        catch (BencodeException)
        {
            return PeerCacheEntry.Empty;
        }
    }

    public static byte[] Write(PeerCacheEntry entry)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.WriteKey("peers"u8);
        writer.BeginList();
        foreach (CachedPeer peer in entry.Peers)
            Write(writer, peer);
        writer.End();
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static CachedPeer? ReadPeer(BencodeValue entry)
    {
        bool isV4 = Bytes(entry, "a"u8).Length == CompactPeers.IPv4Length;
        List<IPEndPoint> endPoint = Compact(
            entry, "a"u8, isV4 ? CompactPeers.IPv4Length : CompactPeers.IPv6Length, 1);
        return endPoint.Count == 1 && Time(entry, "t"u8) is { } time && entry.NumberAt("r"u8, 0) is { } rate
            ? new CachedPeer(endPoint[0], time, rate)
            : null;
    }

    private static void Write(BencodeWriter writer, CachedPeer peer)
    {
        writer.BeginDictionary();
        writer.WriteBytes("a"u8, CompactPeers.Encode([peer.EndPoint]));
        writer.WriteNumber("r"u8, peer.Rate);
        writer.WriteNumber("t"u8, peer.LastSeen.ToUnixTimeSeconds());
        writer.End();
    }

    private static IEnumerable<BencodeValue> Items(BencodeValue root, ReadOnlySpan<byte> key) =>
        root.TryGet(key, out BencodeValue list) && list.Kind == BencodeKind.List ? list.Items() : [];

    private static List<IPEndPoint> Compact(BencodeValue entry, ReadOnlySpan<byte> key, int stride, int max)
    {
        var peers = new List<IPEndPoint>();
        CompactPeers.Read(Bytes(entry, key), stride, peers, max);
        return peers;
    }

    private static ReadOnlySpan<byte> Bytes(BencodeValue entry, ReadOnlySpan<byte> key) =>
        entry.BytesAt(key) is { } bytes ? bytes.Span : default;

    private static DateTimeOffset? Time(BencodeValue entry, ReadOnlySpan<byte> key) =>
        entry.NumberAt(key, 0, uint.MaxValue) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
