using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy;

/// <summary>Identifies a peer's network origin, or a web seed. Trust and penalties are kept per origin.</summary>
/// <remarks>
/// An IPv4 origin is the address without the port, because a port is cheap to change. An IPv6 origin is the first 64
/// bits of the address, which usually belong to one subscriber. A loopback origin includes the port, because many peers
/// can share a loopback address.
/// </remarks>
internal readonly record struct PeerOrigin
{
    /// <summary>Length in bytes of the network prefix of an IPv6 address.</summary>
    private const int NetworkBytes = 8;

    private readonly UInt128 _address;
    private readonly int _port;

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

    public bool IsWebSeed => _port < 0;

    /// <summary>
    /// Returns the peer's IPv4 address, or the first address of the peer's IPv6 network. The port is 0 unless the peer
    /// has a loopback address. The origin must not be that of a web seed.
    /// </summary>
    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, _address);
        var address = new IPAddress(bytes);
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, _port);
    }

    /// <summary>
    /// Returns the addresses that belong to the origin: one IPv4 address, one loopback address, or an IPv6 /64 network.
    /// The origin must not be that of a web seed.
    /// </summary>
    public IPNetwork ToNetwork()
    {
        IPAddress address = ToEndPoint().Address;
        int prefix = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32
            : IPAddress.IsLoopback(address) ? 128
            : NetworkBytes * 8;
        return new IPNetwork(address, prefix);
    }

    /// <summary>
    /// Returns an origin for a web seed. The origin is different from those of all peers, and does not depend on the
    /// web seed's IP address.
    /// </summary>
    /// <param name="number">Zero-based index of the web seed in the torrent.</param>
    public static PeerOrigin OfWebSeed(int number) => new(number);
}
