using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>
/// Reads and writes peers in compact format: IP address and port, which take 6 bytes for IPv4 (BEP 23) and 18 bytes for
/// IPv6 (BEP 7).
/// </summary>
public static class CompactPeers
{
    /// <summary>Length in bytes of an IPv4 peer: 4 for the address, 2 for the port.</summary>
    public const int IPv4Length = 6;

    /// <summary>Length in bytes of an IPv6 peer: 16 for the address, 2 for the port.</summary>
    public const int IPv6Length = 18;

    /// <summary>
    /// Adds the peers in <paramref name="source"/> to a collection. A peer is left out if its port is 0, its address is
    /// not unicast, or its entry is incomplete.
    /// </summary>
    /// <param name="source">Concatenated peers in compact format, all of one address family.</param>
    /// <param name="stride">Length of one peer in bytes: <see cref="IPv4Length"/> or <see cref="IPv6Length"/>.</param>
    /// <param name="peers">Collection to which the peers are added.</param>
    /// <param name="max">
    /// Maximum number of elements in <paramref name="peers"/>, including those added before the call. Reading stops at
    /// this number.
    /// </param>
    public static void Read(ReadOnlySpan<byte> source, int stride, ICollection<IPEndPoint> peers, int max)
    {
        ArgumentNullException.ThrowIfNull(peers);
        for (; source.Length >= stride && peers.Count < max; source = source[stride..])
        {
            int port = BinaryPrimitives.ReadUInt16BigEndian(source[(stride - 2)..]);
            Add(new IPAddress(source[..(stride - 2)]), port, peers);
        }
    }

    /// <summary>
    /// Encodes peers in compact format. IPv4-mapped addresses are written as IPv4. All peers must be of one address
    /// family, because the format does not mark the length of each peer.
    /// </summary>
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
    /// Adds a peer if its port is from 1 to 65535 and its address is unicast. An IPv4-mapped address is converted to
    /// IPv4.
    /// </summary>
    internal static void Add(IPAddress address, int port, ICollection<IPEndPoint> peers)
    {
        address = address.Unmap();
        if (port is > 0 and <= ushort.MaxValue && AddressScopes.Of(address).IsUnicast())
            peers.Add(new IPEndPoint(address, port));
    }
}
