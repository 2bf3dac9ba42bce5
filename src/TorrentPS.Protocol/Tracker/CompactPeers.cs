using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>Peers as address and port without separators: 6 bytes each for IPv4 (BEP 23), 18 for IPv6 (BEP 7).</summary>
public static class CompactPeers
{
    /// <summary>The length of an IPv4 peer in bytes.</summary>
    public const int IPv4Length = 6;

    /// <summary>The length of an IPv6 peer in bytes.</summary>
    public const int IPv6Length = 18;

    /// <summary>Appends the usable peers of <paramref name="source"/>; a rest that is no whole peer is ignored.</summary>
    /// <param name="source">The compact peers.</param>
    /// <param name="stride"><see cref="IPv4Length"/> or <see cref="IPv6Length"/>.</param>
    /// <param name="peers">Where they are put.</param>
    /// <param name="max">How many <paramref name="peers"/> may hold in all.</param>
    public static void Read(ReadOnlySpan<byte> source, int stride, ICollection<IPEndPoint> peers, int max)
    {
        ArgumentNullException.ThrowIfNull(peers);
        for (; source.Length >= stride && peers.Count < max; source = source[stride..])
            Add(new IPAddress(source[..(stride - 2)]), BinaryPrimitives.ReadUInt16BigEndian(source[(stride - 2)..]), peers);
    }

    /// <summary>Writes peers one after the other. To be read again they must be of one family.</summary>
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

    /// <summary>Appends the peer unless no one can connect to it: port 0, or an address that is not one host's.</summary>
    internal static void Add(IPAddress address, int port, ICollection<IPEndPoint> peers)
    {
        address = address.Unmap();
        if (port is > 0 and <= ushort.MaxValue && IsOneHost(address))
            peers.Add(new IPEndPoint(address, port));
    }

    private static bool IsOneHost(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any);
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes[0] is not 0 and < 224;
    }
}
