using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// How a <see cref="TorrentMemory"/> is written: a bencoded dictionary with <c>answers</c> (each <c>k</c> key, <c>n</c> not before,
/// <c>p</c> and <c>p6</c> compact peers, <c>port</c>, <c>t</c> time) and <c>peers</c> (each <c>a</c> compact peer, <c>r</c> rate, <c>t</c>
/// time). Times are seconds since 1970, UTC.
/// </summary>
internal static class TorrentMemoryFormat
{
    /// <summary>The longest memory read, in bytes: more than the bounds of a memory let it have.</summary>
    public const int MaxLength = 64 * 1024;

    private const int MaxKeyLength = 64;

    private static readonly BencodeLimits s_limits = new() { MaxDepth = 6, MaxTokens = 4096, MaxLength = MaxLength };

    /// <summary>Reads a memory. What is damaged or out of range is left out; what is no memory at all is an empty one.</summary>
    public static TorrentMemory Read(byte[] bytes)
    {
        try
        {
            BencodeValue root = BencodeValue.Parse(bytes, s_limits);
            return new TorrentMemory
            {
                Peers = [.. Items(root, "peers"u8).Select(ReadPeer).OfType<CachedPeer>().Take(TorrentMemory.MaxPeers)],
                Answers = [.. Items(root, "answers"u8).Select(ReadAnswer).OfType<CachedAnswer>().Take(TorrentMemory.MaxAnswers)],
            };
        }
        catch (BencodeException)
        {
            return TorrentMemory.Empty;
        }
    }

    /// <summary>Writes a memory.</summary>
    public static byte[] Write(TorrentMemory memory)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.WriteKey("answers"u8);
        writer.BeginList();
        foreach (CachedAnswer answer in memory.Answers)
            Write(writer, answer);
        writer.End();
        writer.WriteKey("peers"u8);
        writer.BeginList();
        foreach (CachedPeer peer in memory.Peers)
            Write(writer, peer);
        writer.End();
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static CachedPeer? ReadPeer(BencodeValue entry)
    {
        List<IPEndPoint> endPoint = Compact(entry, "a"u8, Bytes(entry, "a"u8).Length == CompactPeers.IPv4Length ? CompactPeers.IPv4Length : CompactPeers.IPv6Length, 1);
        return endPoint.Count == 1 && Time(entry, "t"u8) is { } time && Number(entry, "r"u8) is { } rate and >= 0
            ? new CachedPeer(endPoint[0], time, rate)
            : null;
    }

    private static CachedAnswer? ReadAnswer(BencodeValue entry)
    {
        ReadOnlySpan<byte> key = Bytes(entry, "k"u8);
        bool isWhole = key.Length is > 0 and <= MaxKeyLength && Number(entry, "port"u8) is >= 0 and <= ushort.MaxValue;
        if (!isWhole || Time(entry, "t"u8) is not { } answered || Time(entry, "n"u8) is not { } notBefore)
            return null;
        List<IPEndPoint> peers = Compact(entry, "p"u8, CompactPeers.IPv4Length, TorrentMemory.MaxPeersPerAnswer);
        peers.AddRange(Compact(entry, "p6"u8, CompactPeers.IPv6Length, TorrentMemory.MaxPeersPerAnswer - peers.Count));
        return new CachedAnswer(System.Text.Encoding.ASCII.GetString(key), (ushort)Number(entry, "port"u8)!.Value, answered, notBefore, peers);
    }

    private static void Write(BencodeWriter writer, CachedPeer peer)
    {
        writer.BeginDictionary();
        Write(writer, "a"u8, [peer.EndPoint]);
        Write(writer, "r"u8, peer.Rate);
        Write(writer, "t"u8, peer.LastGood.ToUnixTimeSeconds());
        writer.End();
    }

    private static void Write(BencodeWriter writer, CachedAnswer answer)
    {
        writer.BeginDictionary();
        writer.WriteKey("k"u8);
        writer.WriteText(answer.Tracker);
        Write(writer, "n"u8, answer.NotBefore.ToUnixTimeSeconds());
        Write(writer, "p"u8, answer.Peers.Where(IsIPv4));
        Write(writer, "p6"u8, answer.Peers.Where(peer => !IsIPv4(peer)));
        Write(writer, "port"u8, answer.Port);
        Write(writer, "t"u8, answer.Answered.ToUnixTimeSeconds());
        writer.End();
    }

    private static void Write(BencodeWriter writer, ReadOnlySpan<byte> key, long number)
    {
        writer.WriteKey(key);
        writer.WriteNumber(number);
    }

    private static void Write(BencodeWriter writer, ReadOnlySpan<byte> key, IEnumerable<IPEndPoint> peers)
    {
        var compact = new ArrayBufferWriter<byte>();
        foreach (IPEndPoint peer in peers)
        {
            compact.Write(peer.Address.GetAddressBytes());
            BinaryPrimitives.WriteUInt16BigEndian(compact.GetSpan(2), (ushort)peer.Port);
            compact.Advance(2);
        }

        writer.WriteKey(key);
        writer.WriteBytes(compact.WrittenSpan);
    }

    private static bool IsIPv4(IPEndPoint peer) => peer.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;

    private static IEnumerable<BencodeValue> Items(BencodeValue root, ReadOnlySpan<byte> key) =>
        root.TryGet(key, out BencodeValue list) && list.Kind == BencodeKind.List ? list.Items() : [];

    private static List<IPEndPoint> Compact(BencodeValue entry, ReadOnlySpan<byte> key, int stride, int max)
    {
        var peers = new List<IPEndPoint>();
        CompactPeers.Read(Bytes(entry, key), stride, peers, max);
        return peers;
    }

    private static ReadOnlySpan<byte> Bytes(BencodeValue entry, ReadOnlySpan<byte> key) =>
        entry.TryGet(key, out BencodeValue value) && value.Kind == BencodeKind.Bytes ? value.Bytes.Span : default;

    private static long? Number(BencodeValue entry, ReadOnlySpan<byte> key) =>
        entry.TryGet(key, out BencodeValue value) && value.TryGetInt64(out long number) ? number : null;

    private static DateTimeOffset? Time(BencodeValue entry, ReadOnlySpan<byte> key) =>
        Number(entry, key) is >= 0 and <= uint.MaxValue and { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
