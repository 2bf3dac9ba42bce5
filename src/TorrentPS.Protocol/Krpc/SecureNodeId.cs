using System.Buffers.Binary;
using System.Numerics;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// Generates and verifies node ids that are derived from the node's external IP address (BEP 42). For one address, the
/// first 21 bits of an id have only eight valid values. A host therefore cannot place its node close to a target of its
/// choice.
/// </summary>
public static class SecureNodeId
{
    private const uint IPv4Mask = 0x030f3fff;
    private const ulong IPv6Mask = 0x0103070f1f3f7fff;

    /// <summary>
    /// Mask for the first 32 bits of an id. The 21 bits that it selects are derived from the IP address and the last
    /// byte of the id (BEP 42).
    /// </summary>
    private const uint DerivedBits = 0xfffff800;

    /// <summary>Generates a random id that is valid for an address.</summary>
    /// <param name="address">The node's external IP address. The port is ignored.</param>
    /// <param name="random">Random number generator for the bits that the address does not determine.</param>
    public static NodeId Generate(NodeAddress address, Random random)
    {
        Span<byte> id = stackalloc byte[NodeId.Length];
        NodeId.Random(random).CopyTo(id);
        uint randomBits = BinaryPrimitives.ReadUInt32BigEndian(id) & ~DerivedBits;
        BinaryPrimitives.WriteUInt32BigEndian(id, (Checksum(address, id[^1]) & DerivedBits) | randomBits);
        return new NodeId(id);
    }

    /// <summary>
    /// Returns whether a node at this address may have this id (BEP 42). At an address without global scope, such as a
    /// private, link-local or loopback address, every id is allowed.
    /// </summary>
    public static bool Verify(NodeId id, NodeAddress address)
    {
        if (!address.IsPublic)
            return true;
        Span<byte> bytes = stackalloc byte[NodeId.Length];
        id.CopyTo(bytes);
        return ((BinaryPrimitives.ReadUInt32BigEndian(bytes) ^ Checksum(address, bytes[^1])) & DerivedBits) == 0;
    }

    private static uint Checksum(NodeAddress address, byte seed)
    {
        Span<byte> host = stackalloc byte[16];
        uint random = (uint)seed & 7;
        if (address.WriteHost(host) == 4)
        {
            uint masked4 = (BinaryPrimitives.ReadUInt32BigEndian(host) & IPv4Mask) | random << 29;
            return ~BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReverseEndianness(masked4));
        }

        ulong masked = (BinaryPrimitives.ReadUInt64BigEndian(host) & IPv6Mask) | (ulong)random << 61;
        return ~BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReverseEndianness(masked));
    }
}
