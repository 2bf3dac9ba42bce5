using System.Buffers;
using System.Net;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Protocol.Wire;

/// <summary>A peer in a peer exchange message.</summary>
/// <param name="EndPoint">IP address and TCP port on which the peer accepts connections.</param>
/// <param name="Flags">Properties of the peer, as reported by the sender of the message.</param>
public readonly record struct PexPeer(IPEndPoint EndPoint, PexFlags Flags);

/// <summary>
/// A peer exchange message <c>ut_pex</c> (BEP 11). It contains the peers whose connections to the sender were opened or
/// closed since the sender's previous message.
/// </summary>
public sealed record PexMessage
{
    /// <summary>Name of the extension in the extension handshake (BEP 10).</summary>
    public const string ExtensionName = "ut_pex";

    /// <summary>
    /// Maximum length of the bencoded dictionary in bytes. BEP 11 allows about a hundred addresses in a message, which
    /// take at most 2 KB. The limit is ten times higher, because some clients exceed that number in the first message.
    /// </summary>
    public const int MaxLength = 20 * 1024;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 4, MaxTokens = 64, MaxLength = MaxLength };

    /// <summary>
    /// Peers whose connection to the sender was opened since the sender's previous message. In a parsed message, IPv4
    /// peers come first.
    /// </summary>
    public IReadOnlyList<PexPeer> Added { get; init; } = [];

    /// <summary>Peers whose connection to the sender was closed since the sender's previous message.</summary>
    public IReadOnlyList<IPEndPoint> Dropped { get; init; } = [];

    /// <summary>
    /// Parses the payload of a peer exchange message. Peers with port 0 or an address that is not unicast are left out.
    /// Fields with a wrong type are ignored.
    /// </summary>
    /// <exception cref="WireException">
    /// The payload is longer than <see cref="MaxLength"/>, or is not a bencoded dictionary.
    /// </exception>
    public static PexMessage Parse(ReadOnlySpan<byte> payload)
    {
        BencodeValue root = ExtensionDictionary.Read(
            payload, Limits, WireError.BadPeerExchange, "A peer exchange message");
        var added = new List<PexPeer>();
        ReadAdded(Bytes(root, "added"u8), Bytes(root, "added.f"u8), CompactPeers.IPv4Length, added);
        ReadAdded(Bytes(root, "added6"u8), Bytes(root, "added6.f"u8), CompactPeers.IPv6Length, added);
        var dropped = new List<IPEndPoint>();
        CompactPeers.Read(Bytes(root, "dropped"u8), CompactPeers.IPv4Length, dropped, int.MaxValue);
        CompactPeers.Read(Bytes(root, "dropped6"u8), CompactPeers.IPv6Length, dropped, int.MaxValue);
        return new PexMessage { Added = added, Dropped = dropped };
    }

    /// <summary>
    /// Encodes the message as the payload of an extended message. The length prefix, message id and extended message id
    /// are not included.
    /// </summary>
    public byte[] Encode()
    {
        int capacity = 64 + (Added.Count * (CompactPeers.IPv6Length + 1)) + (Dropped.Count * CompactPeers.IPv6Length);
        var output = new ArrayBufferWriter<byte>(capacity);
        var writer = new BencodeWriter(output);
        PexPeer[] added4 = [.. Added.Where(peer => IsIPv4(peer.EndPoint))];
        PexPeer[] added6 = [.. Added.Where(peer => !IsIPv4(peer.EndPoint))];
        writer.BeginDictionary();
        WriteAdded(writer, "added"u8, "added.f"u8, added4);
        WriteAdded(writer, "added6"u8, "added6.f"u8, added6);
        writer.WriteBytes("dropped"u8, CompactPeers.Encode(Dropped.Where(IsIPv4)));
        writer.WriteBytes("dropped6"u8, CompactPeers.Encode(Dropped.Where(endPoint => !IsIPv4(endPoint))));
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static void ReadAdded(ReadOnlySpan<byte> peers, ReadOnlySpan<byte> flags, int stride, List<PexPeer> added)
    {
        var one = new List<IPEndPoint>(1);
        for (int i = 0; (i + 1) * stride <= peers.Length; i++)
        {
            one.Clear();
            CompactPeers.Read(peers.Slice(i * stride, stride), stride, one, 1);
            if (one.Count == 1)
                added.Add(new PexPeer(one[0], i < flags.Length ? (PexFlags)flags[i] : PexFlags.None));
        }
    }

    private static ReadOnlySpan<byte> Bytes(BencodeValue root, ReadOnlySpan<byte> key) =>
        root.BytesAt(key) is { } bytes ? bytes.Span : default;

    private static void WriteAdded(
        BencodeWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> flagsKey, PexPeer[] peers)
    {
        writer.WriteBytes(key, CompactPeers.Encode(peers.Select(peer => peer.EndPoint)));
        writer.WriteBytes(flagsKey, [.. peers.Select(peer => (byte)peer.Flags)]);
    }

    private static bool IsIPv4(IPEndPoint endPoint) => endPoint.Address.IsIPv4();
}

/// <summary>Flags of a peer in a peer exchange message (BEP 11).</summary>
[Flags]
public enum PexFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The peer prefers encrypted connections.</summary>
    PrefersEncryption = 0x01,

    /// <summary>The peer is a seed or a partial seed.</summary>
    Seed = 0x02,

    /// <summary>The peer supports uTP.</summary>
    SupportsUtp = 0x04,

    /// <summary>The peer supports the holepunch extension (BEP 55).</summary>
    SupportsHolepunch = 0x08,

    /// <summary>The sender has connected to the peer. The peer therefore accepts incoming connections.</summary>
    Reachable = 0x10,
}
