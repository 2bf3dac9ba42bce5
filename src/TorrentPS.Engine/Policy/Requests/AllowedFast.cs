using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Requests;

/// <summary>The pieces a peer may request while it is choked (BEP 6, "Allowed Fast Set Generation").</summary>
internal static class AllowedFast
{
    /// <summary>How many pieces the BEP suggests.</summary>
    public const int DefaultCount = 10;

    /// <summary>The same set each time for the same network, so that reconnecting or a second address gains nothing.</summary>
    /// <param name="peer">The peer's address. The BEP defines no set for IPv6: the set is empty.</param>
    /// <param name="infoHash">The torrent's info hash.</param>
    /// <param name="pieceCount">How many pieces the torrent has.</param>
    /// <param name="count">How many pieces to allow; no more than there are.</param>
    public static PieceIndex[] Generate(IPAddress peer, InfoHash infoHash, int pieceCount, int count = DefaultCount)
    {
        IPAddress address = peer.Unmap();
        if (address.AddressFamily != AddressFamily.InterNetwork)
            return [];
        // In a torrent hardly larger than the set, hashing would take long to hit the last piece.
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
