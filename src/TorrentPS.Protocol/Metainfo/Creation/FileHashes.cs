namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>The v2 hashes of one file (BEP 52).</summary>
/// <param name="Root">The root of the file's tree, 32 bytes.</param>
/// <param name="PieceLayer">The concatenated 32-byte hashes of its pieces; unused for a file of at most one piece.</param>
public sealed record FileHashes(ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> PieceLayer)
{
    /// <summary>The hashes of a file, from those of its 16 KiB blocks.</summary>
    /// <param name="leaves">The concatenated SHA-256 of every block, at least one.</param>
    /// <param name="pieceLength">The torrent's piece length in bytes.</param>
    public static FileHashes FromLeaves(ReadOnlySpan<byte> leaves, int pieceLength)
    {
        if (leaves.Length / MerkleTree.HashLength <= pieceLength / MerkleTree.LeafLength)
            return new FileHashes(MerkleTree.RootOfLeaves(leaves), default);
        byte[] layer = MerkleTree.PieceLayer(leaves, pieceLength);
        return new FileHashes(MerkleTree.RootOfPieceLayer(layer, pieceLength), layer);
    }
}
