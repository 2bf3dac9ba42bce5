using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Hashing;

/// <summary>Returns the expected SHA-1 of a piece (20 bytes), from the torrent's info dictionary.</summary>
internal delegate ReadOnlySpan<byte> PieceHashSource(PieceIndex piece);

/// <summary>Verifies the pieces of a v1 or hybrid torrent by their SHA-1 (BEP 3, "pieces").</summary>
internal sealed class Sha1PieceVerifier(PieceHashSource hashes) : PieceVerifier
{
    private readonly PieceHashSource _hashes = hashes;

    public bool Matches(PieceIndex piece, ReadOnlySpan<byte> sha1) => sha1.SequenceEqual(_hashes(piece));

    /// <inheritdoc/>
    protected override PieceHash Create() => new Hash(_hashes);

    private sealed class Hash(PieceHashSource hashes) : PieceHash
    {
        private readonly IncrementalHash _sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);

        public override void Append(ReadOnlySpan<byte> bytes) => _sha1.AppendData(bytes);

        public override bool Matches(PieceIndex piece)
        {
            Span<byte> actual = stackalloc byte[SHA1.HashSizeInBytes];
            _sha1.GetHashAndReset(actual);
            return actual.SequenceEqual(hashes(piece));
        }

        public override void Reset()
        {
            Span<byte> ignored = stackalloc byte[SHA1.HashSizeInBytes];
            _sha1.GetHashAndReset(ignored);
        }

        public override void Dispose() => _sha1.Dispose();
    }
}
