using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// The canonical peer priority (BEP 40): a number for a pair of peers on which both agree, so that in a swarm short of connections
/// everyone keeps a fair and random share of them.
/// </summary>
internal static class CanonicalPriority
{
    private const int MaxAddressBytes = 16;
    private const byte HalfMask = 0x55;

    /// <summary>The priority of a connection; higher is kept. The same whichever end is given first.</summary>
    /// <param name="client">Our address as the peer sees it.</param>
    /// <param name="peer">The peer's address.</param>
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

        // What identifies a network counts whole, and one byte more than both share.
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
