using System.Security.Cryptography;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// A Bloom filter of IP addresses, from which the number of the addresses can be estimated (BEP 33, "bloom filter"). It
/// has 2,048 bits, and each address sets at most two of them.
/// </summary>
public sealed class PeerBloomFilter
{
    /// <summary>Length of the filter in bytes: 256.</summary>
    public const int Length = 256;

    private const int BitCount = Length * 8;
    private const int HashCount = 2;

    private readonly byte[] _bits = new byte[Length];

    /// <summary>Gets the filter in the format of <c>BFsd</c> and <c>BFpe</c>.</summary>
    public ReadOnlySpan<byte> Bytes => _bits;

    /// <summary>Adds an IP address. The port is ignored.</summary>
    public void Add(NodeAddress address)
    {
        Span<byte> host = stackalloc byte[16];
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(host[..address.WriteHost(host)], hash);
        Set(hash[0] | (hash[1] << 8));
        Set(hash[2] | (hash[3] << 8));
    }

    /// <summary>Adds the addresses of another filter, by setting all bits that are set in it.</summary>
    /// <param name="bytes">The other filter: <see cref="Length"/> bytes. A span of any other length is ignored.</param>
    public void UnionWith(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            return;
        for (int i = 0; i < Length; i++)
            _bits[i] |= bytes[i];
    }

    /// <summary>
    /// Estimates the number of addresses added, from the number of bits that are still zero. The estimate is 0 for an
    /// empty filter, and about 7,800 for a filter with all bits set. Estimates above about 6,000 are imprecise.
    /// </summary>
    public double EstimateCount()
    {
        int zeros = BitCount;
        foreach (byte value in _bits)
            zeros -= byte.PopCount(value);
        double c = Math.Clamp(zeros, 1, BitCount - 1);
        return zeros == BitCount ? 0 : Math.Log(c / BitCount) / (HashCount * Math.Log(1 - (1.0 / BitCount)));
    }

    private void Set(int index) => _bits[index % BitCount / 8] |= (byte)(1 << (index % 8));
}
