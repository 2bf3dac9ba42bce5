using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>What a v2 piece must hash to.</summary>
/// <param name="Root">The root of the piece's tree, 32 bytes.</param>
/// <param name="Leaves">How many leaves the tree has, absent ones counted: a power of two.</param>
internal readonly record struct MerklePiece(ReadOnlyMemory<byte> Root, int Leaves);

/// <summary>
/// Pieces of a v2 torrent: the root of a tree over the SHA-256 of each 16 KiB block. Leaves beyond the file's end are zero
/// hashes (BEP 52, "piece layers").
/// </summary>
/// <param name="pieces">What each piece must hash to, in order.</param>
internal sealed class MerklePieceVerifier(MerklePiece[] pieces) : PieceVerifier
{
    private readonly MerklePiece[] _pieces = pieces;

    /// <inheritdoc/>
    protected override PieceHash Create() => new Hash(this);

    private sealed class Hash(MerklePieceVerifier owner) : PieceHash
    {
        private readonly MerkleTree _tree = new();

        public override void Append(ReadOnlySpan<byte> bytes) => _tree.Append(bytes);

        public override bool Matches(PieceIndex piece)
        {
            MerklePiece expected = owner._pieces[piece.Value];
            Span<byte> actual = stackalloc byte[SHA256.HashSizeInBytes];
            return _tree.TryFinish(expected.Leaves, actual) && actual.SequenceEqual(expected.Root.Span);
        }

        public override void Reset() => _tree.Reset();

        public override void Dispose()
        {
        }
    }
}
