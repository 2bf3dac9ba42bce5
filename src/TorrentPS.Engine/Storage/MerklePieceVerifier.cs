using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>Tells what a v2 piece must hash to.</summary>
/// <param name="piece">The piece.</param>
/// <param name="root">The root of the piece's tree, 32 bytes.</param>
/// <param name="treeWidth">How many leaves the tree has, absent ones counted: a power of two.</param>
/// <returns>Whether there is such a piece.</returns>
internal delegate bool PieceRootSource(PieceIndex piece, out ReadOnlySpan<byte> root, out int treeWidth);

/// <summary>
/// Pieces of a v2 torrent: the root of a tree over the SHA-256 of each 16 KiB block. Leaves beyond the file's end are zero
/// hashes (BEP 52, "piece layers").
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
            byte[]? actual = _leaves.End(width);
            return known && actual is not null && expected.SequenceEqual(actual);
        }

        public override void Reset() => _leaves.Reset();

        public override void Dispose()
        {
        }
    }
}
