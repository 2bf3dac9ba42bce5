using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Computes the canonical peer priority of a connection (BEP 40). Both ends of the connection compute the same number.
/// </summary>
/// <remarks>
/// At the maximum number of connections, a torrent prefers connections of high priority. Priorities are pseudo-random,
/// so no peer of the swarm is always preferred. Deviation from BEP 40: if one address is IPv4 and the other IPv6, the
/// IPv4 address is mapped to IPv6.
/// </remarks>
internal static class CanonicalPriority
{
    private const int MaxAddressBytes = 16;

    /// <summary>
    /// Mask for the address bytes after the network prefix. It keeps every second bit, as BEP 40 defines.
    /// </summary>
    private const byte HalfMask = 0x55;

    /// <summary>
    /// Returns the priority of the connection between two endpoints. Swapping the endpoints doesn't change it.
    /// </summary>
    /// <param name="client">This client's external address and listening port.</param>
    /// <param name="peer">The peer's address and listening port.</param>
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

        // At least the first 2 bytes (IPv4) or 6 bytes (IPv6) aren't masked, nor is the first byte that differs.
        int unmasked = Math.Max(length == 4 ? 2 : 6, common + 1);
        for (int i = unmasked; i < length; i++)
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
