using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy;

/// <summary>The network origin of a peer, under which trust and penalties are kept.</summary>
/// <remarks>
/// An IPv4 origin is the address without the port, because a port is cheap to change. An IPv6 origin is the address's
/// first 64 bits, which one subscriber owns. A loopback origin includes the port, because many peers can share a
/// loopback address.
/// </remarks>
internal readonly record struct PeerOrigin
{
    /// <summary>Length in bytes of the part of an IPv6 address that identifies a network.</summary>
    private const int NetworkBytes = 8;

    private readonly UInt128 _address;
    private readonly int _port;

    /// <summary>Creates the origin of the peer at an endpoint.</summary>
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

    /// <summary>Whether this is the origin of a web seed.</summary>
    public bool IsWebSeed => _port < 0;

    /// <summary>
    /// Returns the peer's IPv4 address, or the first address of the peer's IPv6 network. The port is that of a
    /// loopback peer, and 0 for all others. Must not be called for a web seed.
    /// </summary>
    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, _address);
        var address = new IPAddress(bytes);
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, _port);
    }

    /// <summary>
    /// Returns the origin of a web seed. It differs from every peer's origin and doesn't depend on the server's IP
    /// address.
    /// </summary>
    /// <param name="number">The zero-based position of the web seed in the torrent.</param>
    public static PeerOrigin OfWebSeed(int number) => new(number);
}
