using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Hashing;

/// <summary>Looks up the expected Merkle root of a v2 piece.</summary>
/// <param name="piece">Index of the piece.</param>
/// <param name="root">Root of the piece's Merkle tree, 32 bytes.</param>
/// <param name="treeWidth">Number of leaves of the tree, a power of two, including those beyond the file's end.</param>
/// <returns>False if the root of the piece is not known.</returns>
internal delegate bool PieceRootSource(PieceIndex piece, out ReadOnlySpan<byte> root, out int treeWidth);

/// <summary>
/// Verifies the pieces of a v2 torrent by the root of a Merkle tree over the SHA-256 of each 16 KiB block. Leaves
/// beyond the file's end are zero (BEP 52, "piece layers").
/// </summary>
internal sealed class MerklePieceVerifier(PieceRootSource roots) : PieceVerifier
{
    private readonly PieceRootSource _roots = roots;

    /// <inheritdoc/>
    protected override PieceHash Create() => new Hash(_roots);

    private sealed class Hash(PieceRootSource roots) : PieceHash
    {
        private readonly LeafHashes _leaves = new();

        public override void Append(ReadOnlySpan<byte> bytes) => _leaves.Append(bytes);

        public override bool Matches(PieceIndex piece)
        {
            bool known = roots(piece, out ReadOnlySpan<byte> expected, out int width);
            byte[]? actual = _leaves.Complete(width);
            return known && actual is not null && expected.SequenceEqual(actual);
        }

        public override void Reset() => _leaves.Reset();

        public override void Dispose()
        {
        }
    }
}
