using System.Buffers.Binary;
using System.Numerics;

namespace TorrentPS.Protocol.Krpc;

/// <summary>Ties a node's id to its address (BEP 42), so that nobody can choose where in the space to stand.</summary>
public static class SecureNodeId
{
    private const uint IPv4Mask = 0x030f3fff;
    private const ulong IPv6Mask = 0x0103070f1f3f7fff;

    /// <summary>The first 21 bits are given by the address and the last byte.</summary>
    private const uint GivenBits = 0xfffff800;

    /// <summary>An id for a node at an address.</summary>
    /// <param name="address">The address by which others see the node; the port does not matter.</param>
    /// <param name="random">The source of what the address leaves free.</param>
    public static NodeId Generate(NodeAddress address, Random random)
    {
        Span<byte> id = stackalloc byte[NodeId.Length];
        NodeId.Random(random).CopyTo(id);
        uint free = BinaryPrimitives.ReadUInt32BigEndian(id) & ~GivenBits;
        BinaryPrimitives.WriteUInt32BigEndian(id, (Checksum(address, id[^1]) & GivenBits) | free);
        return new NodeId(id);
    }

    /// <summary>Whether a node at an address may have an id; those outside the public network may have any.</summary>
    public static bool Verify(NodeId id, NodeAddress address)
    {
        if (!address.IsPublic)
            return true;
        Span<byte> bytes = stackalloc byte[NodeId.Length];
        id.CopyTo(bytes);
        return ((BinaryPrimitives.ReadUInt32BigEndian(bytes) ^ Checksum(address, bytes[^1])) & GivenBits) == 0;
    }

    private static uint Checksum(NodeAddress address, byte seed)
    {
        Span<byte> host = stackalloc byte[16];
        uint random = (uint)seed & 7;
        if (address.WriteHost(host) == 4)
            return ~BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReverseEndianness((BinaryPrimitives.ReadUInt32BigEndian(host) & IPv4Mask) | random << 29));
        ulong masked = (BinaryPrimitives.ReadUInt64BigEndian(host) & IPv6Mask) | (ulong)random << 61;
        return ~BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReverseEndianness(masked));
    }
}
