using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>
/// Reads and writes the compact peer format: address and port, 6 bytes for IPv4 (BEP 23) and 18 bytes for IPv6 (BEP 7).
/// </summary>
public static class CompactPeers
{
    /// <summary>Length of an IPv4 peer in bytes.</summary>
    public const int IPv4Length = 6;

    /// <summary>Length of an IPv6 peer in bytes.</summary>
    public const int IPv6Length = 18;

    /// <summary>
    /// Appends the usable peers in <paramref name="source"/> to a collection. Incomplete data at the end is ignored.
    /// </summary>
    /// <param name="source">Peers in compact format.</param>
    /// <param name="stride"><see cref="IPv4Length"/> or <see cref="IPv6Length"/>.</param>
    /// <param name="peers">Collection that the peers are added to.</param>
    /// <param name="max">Maximum number of elements in <paramref name="peers"/> in all.</param>
    public static void Read(ReadOnlySpan<byte> source, int stride, ICollection<IPEndPoint> peers, int max)
    {
        ArgumentNullException.ThrowIfNull(peers);
        for (; source.Length >= stride && peers.Count < max; source = source[stride..])
        {
            int port = BinaryPrimitives.ReadUInt16BigEndian(source[(stride - 2)..]);
            Add(new IPAddress(source[..(stride - 2)]), port, peers);
        }
    }

    /// <summary>Encodes peers in compact format. A reader expects peers of one address family only.</summary>
    public static byte[] Encode(IEnumerable<IPEndPoint> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        var output = new ArrayBufferWriter<byte>();
        foreach (IPEndPoint peer in peers)
        {
            output.Write(peer.Address.Unmap().GetAddressBytes());
            BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), (ushort)peer.Port);
            output.Advance(2);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Adds a peer unless it cannot be connected to: its port is 0, or its address is not that of a single host.
    /// </summary>
    internal static void Add(IPAddress address, int port, ICollection<IPEndPoint> peers)
    {
        address = address.Unmap();
        if (port is > 0 and <= ushort.MaxValue && IsUnicast(address))
            peers.Add(new IPEndPoint(address, port));
    }

    private static bool IsUnicast(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any);
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes[0] is not 0 and < 224;
    }
}
