using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>Pieces of a v1 or hybrid torrent: the SHA-1 of the piece's bytes (BEP 3, "pieces").</summary>
/// <param name="hashes">The SHA-1 of every piece, 20 bytes each, in order.</param>
internal sealed class Sha1PieceVerifier(ReadOnlyMemory<byte> hashes) : PieceVerifier
{
    private readonly ReadOnlyMemory<byte> _hashes = hashes;

    /// <inheritdoc/>
    protected override PieceHash Create() => new Hash(this);

    private sealed class Hash(Sha1PieceVerifier owner) : PieceHash
    {
        private readonly IncrementalHash _sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);

        public override void Append(ReadOnlySpan<byte> bytes) => _sha1.AppendData(bytes);

        public override bool Matches(PieceIndex piece)
        {
            Span<byte> actual = stackalloc byte[SHA1.HashSizeInBytes];
            _sha1.GetHashAndReset(actual);
            return actual.SequenceEqual(owner._hashes.Span.Slice(piece.Value * SHA1.HashSizeInBytes, SHA1.HashSizeInBytes));
        }

        public override void Reset()
        {
            Span<byte> ignored = stackalloc byte[SHA1.HashSizeInBytes];
            _sha1.GetHashAndReset(ignored);
        }

        public override void Dispose() => _sha1.Dispose();
    }
}
