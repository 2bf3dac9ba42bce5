using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Requests;

/// <summary>Generates allowed fast sets: the pieces that a peer may request while it is choked (BEP 6).</summary>
internal static class AllowedFast
{
    /// <summary>Number of pieces in a set, as BEP 6 suggests.</summary>
    public const int DefaultCount = 10;

    /// <summary>
    /// Generates the allowed fast set of a peer. All IPv4 addresses of a /24 network have the same set, so a peer gains
    /// nothing by using several of them.
    /// </summary>
    /// <param name="peer">
    /// The peer's address. For an IPv6 address the result is empty, because BEP 6 defines no set.
    /// </param>
    /// <param name="infoHash">The info hash of the torrent.</param>
    /// <param name="pieceCount">Number of pieces of the torrent.</param>
    /// <param name="count">
    /// Number of pieces in the set. A torrent with at most this number of pieces has all of them in the set.
    /// </param>
    public static PieceIndex[] Generate(IPAddress peer, InfoHash infoHash, int pieceCount, int count = DefaultCount)
    {
        IPAddress address = peer.Unmap();
        if (address.AddressFamily != AddressFamily.InterNetwork)
            return [];
        // With few pieces, it would take many hashes to find the last one.
        if (count >= pieceCount)
            return [.. Enumerable.Range(0, pieceCount).Select(piece => new PieceIndex(piece))];

        Span<byte> seed = stackalloc byte[4 + SHA1.HashSizeInBytes];
        address.TryWriteBytes(seed, out _);
        seed[3] = 0;
        infoHash.Span.CopyTo(seed[4..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(seed, hash);

        var pieces = new PieceIndex[count];
        int found = 0;
        while (true)
        {
            for (int i = 0; i < hash.Length && found < count; i += sizeof(uint))
            {
                var piece = new PieceIndex((int)(BinaryPrimitives.ReadUInt32BigEndian(hash[i..]) % (uint)pieceCount));
                if (!pieces.AsSpan(0, found).Contains(piece))
                    pieces[found++] = piece;
            }

            if (found == count)
                return pieces;
            SHA1.HashData(hash, hash);
        }
    }
}
