using System.Buffers;
using System.Net;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// The file format of a <see cref="PeerCacheEntry"/>: a bencoded dictionary with two lists, <c>answers</c> and
/// <c>peers</c>. Each item of <c>answers</c> is a tracker response with <c>k</c> (key of the tracker), <c>n</c>
/// (earliest time of the next announce), <c>p</c> and <c>p6</c> (compact peers), <c>port</c> (announced port) and
/// <c>t</c> (time of the response). Each item of <c>peers</c> has <c>a</c> (compact peer), <c>r</c> (rate in bytes/s)
/// and <c>t</c> (time when the peer last transferred content or accepted a connection). Times are in seconds since
/// 1970, UTC.
/// </summary>
internal static class PeerCacheEntryFormat
{
    /// <summary>
    /// Maximum length of a file in bytes. An entry with the maximum number of peers and responses takes about 20 KB.
    /// </summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>Maximum length of a tracker's key in bytes. This version writes keys of 32 bytes.</summary>
    private const int MaxKeyLength = 64;

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
                Answers =
                [
                    .. Items(root, "answers"u8)
                        .Select(ReadAnswer).OfType<CachedAnswer>().Take(PeerCacheEntry.MaxAnswers),
                ],
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
        writer.WriteKey("answers"u8);
        writer.BeginList();
        foreach (CachedAnswer answer in entry.Answers)
            Write(writer, answer);
        writer.End();
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

    private static CachedAnswer? ReadAnswer(BencodeValue entry)
    {
        ReadOnlySpan<byte> key = Bytes(entry, "k"u8);
        if (key.Length is 0 or > MaxKeyLength || entry.NumberAt("port"u8, 0, ushort.MaxValue) is not { } port)
            return null;
        if (Time(entry, "t"u8) is not { } answered || Time(entry, "n"u8) is not { } notBefore)
            return null;
        List<IPEndPoint> peers = Compact(entry, "p"u8, CompactPeers.IPv4Length, PeerCacheEntry.MaxPeersPerAnswer);
        peers.AddRange(Compact(entry, "p6"u8, CompactPeers.IPv6Length, PeerCacheEntry.MaxPeersPerAnswer - peers.Count));
        return new CachedAnswer(System.Text.Encoding.ASCII.GetString(key), (ushort)port, answered, notBefore, peers);
    }

    private static void Write(BencodeWriter writer, CachedPeer peer)
    {
        writer.BeginDictionary();
        writer.WriteBytes("a"u8, CompactPeers.Encode([peer.EndPoint]));
        writer.WriteNumber("r"u8, peer.Rate);
        writer.WriteNumber("t"u8, peer.LastSeen.ToUnixTimeSeconds());
        writer.End();
    }

    private static void Write(BencodeWriter writer, CachedAnswer answer)
    {
        writer.BeginDictionary();
        writer.WriteText("k"u8, answer.Tracker);
        writer.WriteNumber("n"u8, answer.NotBefore.ToUnixTimeSeconds());
        writer.WriteBytes("p"u8, CompactPeers.Encode(answer.Peers.Where(peer => peer.Address.IsIPv4())));
        writer.WriteBytes("p6"u8, CompactPeers.Encode(answer.Peers.Where(peer => !peer.Address.IsIPv4())));
        writer.WriteNumber("port"u8, answer.Port);
        writer.WriteNumber("t"u8, answer.Answered.ToUnixTimeSeconds());
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
