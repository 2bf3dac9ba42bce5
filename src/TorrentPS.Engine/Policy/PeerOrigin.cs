using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy;

/// <summary>
/// Who answers for what a peer sends: its address, since a port is cheap to change. Of an IPv6 address the network part (64 bits)
/// counts, which one subscriber has to itself. On this machine several peers share an address, so there the port counts too.
/// </summary>
internal readonly record struct PeerOrigin
{
    private const int NetworkBytes = 8;

    private readonly UInt128 _address;
    private readonly int _port;

    /// <summary>The origin of a peer at an end point.</summary>
    public PeerOrigin(IPEndPoint peer)
    {
        Span<byte> bytes = stackalloc byte[16];
        peer.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        bool isLocal = IPAddress.IsLoopback(peer.Address);
        if (!peer.Address.IsIPv4() && !isLocal)
            bytes[NetworkBytes..].Clear();
        _address = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _port = isLocal ? peer.Port : 0;
    }

    private PeerOrigin(int webSeed) => _port = ~webSeed;

    /// <summary>The origin of a web seed: its address in the torrent, whatever host answers for it today. No peer has the same.</summary>
    /// <param name="number">Its zero-based number in the torrent.</param>
    public static PeerOrigin OfWebSeed(int number) => new(number);
}
