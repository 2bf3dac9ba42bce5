namespace TorrentPS.Protocol.Primitives;

/// <summary>Where a block lies: the unit of request and transfer (BEP 3, "request").</summary>
/// <param name="Piece">The piece that holds the block.</param>
/// <param name="Begin">Offset inside the piece, in bytes.</param>
/// <param name="Length">Length in bytes; <see cref="TorrentGeometry.BlockLength"/> but for a piece's last block.</param>
public readonly record struct BlockAddress(PieceIndex Piece, int Begin, int Length)
{
    /// <summary>The zero-based number of the block inside its piece.</summary>
    public int BlockIndex => Begin / TorrentGeometry.BlockLength;

    /// <inheritdoc/>
    public override string ToString() => $"{Piece}+{Begin}:{Length}";
}
