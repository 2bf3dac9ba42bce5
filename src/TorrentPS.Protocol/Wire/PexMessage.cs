using System.Buffers;
using System.Net;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Protocol.Wire;

/// <summary>An address passed on by another peer.</summary>
/// <param name="EndPoint">Where the peer listens.</param>
/// <param name="Flags">What the other peer knows of it.</param>
public readonly record struct PexPeer(IPEndPoint EndPoint, PexFlags Flags);

/// <summary>Whom a peer met and whom it lost since its last such message: <c>ut_pex</c> (BEP 11).</summary>
public sealed record PexMessage
{
    /// <summary>The extension's name in the extension handshake.</summary>
    public const string ExtensionName = "ut_pex";

    /// <summary>The longest message read, in bytes: a thousand addresses, when the standard has a hundred.</summary>
    public const int MaxLength = 20 * 1024;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 4, MaxTokens = 64, MaxLength = MaxLength };

    /// <summary>Peers met, IPv4 first, each list in the message's order.</summary>
    public IReadOnlyList<PexPeer> Added { get; init; } = [];

    /// <summary>Peers lost.</summary>
    public IReadOnlyList<IPEndPoint> Dropped { get; init; } = [];

    /// <summary>Reads a message. Addresses that are not one host's are left out with their flags; fields of the wrong type are as good as absent.</summary>
    /// <exception cref="WireException">It is longer than <see cref="MaxLength"/>, or no bencoded dictionary.</exception>
    public static PexMessage Parse(ReadOnlySpan<byte> payload)
    {
        BencodeValue root = ExtensionDictionary.Read(payload, Limits, WireError.BadPeerExchange, "A peer exchange message");
        var added = new List<PexPeer>();
        ReadAdded(Bytes(root, "added"u8), Bytes(root, "added.f"u8), CompactPeers.IPv4Length, added);
        ReadAdded(Bytes(root, "added6"u8), Bytes(root, "added6.f"u8), CompactPeers.IPv6Length, added);
        var dropped = new List<IPEndPoint>();
        CompactPeers.Read(Bytes(root, "dropped"u8), CompactPeers.IPv4Length, dropped, int.MaxValue);
        CompactPeers.Read(Bytes(root, "dropped6"u8), CompactPeers.IPv6Length, dropped, int.MaxValue);
        return new PexMessage { Added = added, Dropped = dropped };
    }

    /// <summary>The payload of the extended message, without the frame.</summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>(64 + (Added.Count * (CompactPeers.IPv6Length + 1)) + (Dropped.Count * CompactPeers.IPv6Length));
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

    private static void WriteAdded(BencodeWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> flagsKey, PexPeer[] peers)
    {
        writer.WriteBytes(key, CompactPeers.Encode(peers.Select(peer => peer.EndPoint)));
        writer.WriteBytes(flagsKey, [.. peers.Select(peer => (byte)peer.Flags)]);
    }

    private static bool IsIPv4(IPEndPoint endPoint) => endPoint.Address.IsIPv4();
}

/// <summary>What one peer says of another when it passes its address on (BEP 11).</summary>
[Flags]
public enum PexFlags : byte
{
    /// <summary>Nothing is known.</summary>
    None = 0,

    /// <summary>It prefers encrypted connections.</summary>
    PrefersEncryption = 0x01,

    /// <summary>It has everything, or takes nothing more.</summary>
    Seed = 0x02,

    /// <summary>It speaks uTP.</summary>
    SupportsUtp = 0x04,

    /// <summary>It takes part in hole punching.</summary>
    SupportsHolepunch = 0x08,

    /// <summary>Whoever says so connected to it.</summary>
    Reachable = 0x10,
}
