using System.Security.Cryptography;

namespace TorrentPS.Protocol.Krpc;

/// <summary>A set of addresses of which only the size is asked: 2,048 bits, two per address (BEP 33, "bloom filter").</summary>
public sealed class PeerBloomFilter
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 256;

    private const int BitCount = Length * 8;
    private const int HashCount = 2;

    private readonly byte[] _bits = new byte[Length];

    /// <summary>The bytes as they are sent.</summary>
    public ReadOnlySpan<byte> Bytes => _bits;

    /// <summary>Adds an address; its port does not matter.</summary>
    public void Add(NodeAddress address)
    {
        Span<byte> host = stackalloc byte[16];
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(host[..address.WriteHost(host)], hash);
        Set(hash[0] | (hash[1] << 8));
        Set(hash[2] | (hash[3] << 8));
    }

    /// <summary>Adds all that another filter holds.</summary>
    /// <param name="bytes">Its <see cref="Length"/> bytes; another length is ignored.</param>
    public void UnionWith(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            return;
        for (int i = 0; i < Length; i++)
            _bits[i] |= bytes[i];
    }

    /// <summary>How many addresses it holds, by its zero bits; beyond about 6,000 it can only say many.</summary>
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
