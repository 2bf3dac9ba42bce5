using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Computes the canonical peer priority (BEP 40): a number that both ends of a connection compute alike.
/// </summary>
/// <remarks>
/// A torrent that has reached its maximum of connections prefers those of high priority. The priorities are spread at
/// random, so every peer of the swarm gets a fair share of connections. Deviation: when one address is IPv4 and the
/// other is IPv6, the IPv4 address is mapped to IPv6.
/// </remarks>
internal static class CanonicalPriority
{
    private const int MaxAddressBytes = 16;

    /// <summary>
    /// Mask of the address bytes after the network part. It keeps every other bit, as BEP 40 defines.
    /// </summary>
    private const byte HalfMask = 0x55;

    /// <summary>
    /// Returns the priority of the connection between two endpoints. The order of the endpoints doesn't matter.
    /// </summary>
    /// <param name="client">The endpoint of this client: its external address and its listening port.</param>
    /// <param name="peer">The endpoint of the peer.</param>
    public static uint Of(IPEndPoint client, IPEndPoint peer)
    {
        Span<byte> a = stackalloc byte[MaxAddressBytes];
        Span<byte> b = stackalloc byte[MaxAddressBytes];
        (IPAddress first, IPAddress second) = (client.Address.Unmap(), peer.Address.Unmap());
        if (first.AddressFamily != second.AddressFamily)
            (first, second) = (first.MapToIPv6(), second.MapToIPv6());
        first.TryWriteBytes(a, out int length);
        second.TryWriteBytes(b, out _);
        a = a[..length];
        b = b[..length];

        int common = a.CommonPrefixLength(b);
        if (common == length)
        {
            BinaryPrimitives.WriteUInt16BigEndian(a, (ushort)client.Port);
            BinaryPrimitives.WriteUInt16BigEndian(b, (ushort)peer.Port);
            return Checksum(a[..sizeof(ushort)], b[..sizeof(ushort)]);
        }

        // The first bytes stay unmasked: at least 2 (IPv4) or 6 (IPv6), and one more than the addresses share.
        int whole = Math.Max(length == 4 ? 2 : 6, common + 1);
        for (int i = whole; i < length; i++)
        {
            a[i] &= HalfMask;
            b[i] &= HalfMask;
        }

        return Checksum(a, b);
    }

    private static uint Checksum(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        bool inOrder = a.SequenceCompareTo(b) <= 0;
        uint crc = Crc32C(Crc32C(uint.MaxValue, inOrder ? a : b), inOrder ? b : a);
        return ~crc;
    }

    private static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
