namespace TorrentPS.Protocol.Primitives;

/// <summary>Divides the content of a torrent into pieces and blocks.</summary>
/// <remarks>
/// The content of a v1 or hybrid torrent is one continuous sequence of bytes, divided every <see cref="PieceLength"/>
/// bytes. Only its last piece may be shorter (BEP 3). In a v2-only torrent every file starts a new piece, so the last
/// piece of each file may be shorter (BEP 52). Offsets in a v2-only torrent are counted as if every file were padded to
/// a whole number of pieces.
/// </remarks>
public sealed class TorrentGeometry
{
    /// <summary>
    /// Length of a block in bytes: 16 KiB. Current clients request blocks of this length, and close a connection on
    /// which a longer block is requested (BEP 3).
    /// </summary>
    public const int BlockLength = 16 * 1024;

    /// <summary>
    /// Maximum piece length in bytes: 1 GiB. Every offset in a piece then fits in an <see cref="int"/>.
    /// </summary>
    public const int MaxPieceLength = 1 << 30;

    private readonly int[]? _pieceLengths;

    private TorrentGeometry(long totalLength, int pieceLength, int pieceCount, int[]? pieceLengths)
    {
        TotalLength = totalLength;
        PieceLength = pieceLength;
        PieceCount = pieceCount;
        _pieceLengths = pieceLengths;
    }

    /// <summary>
    /// Length in bytes from the start of the first piece to the end of the last piece. It includes pad files, and in a
    /// v2-only torrent the padding between files.
    /// </summary>
    public long TotalLength { get; }

    /// <summary>
    /// Piece length of the torrent in bytes. The last piece of the torrent, or in a v2-only torrent of each file, may
    /// be shorter.
    /// </summary>
    public int PieceLength { get; }

    /// <summary>Number of pieces in the torrent.</summary>
    public int PieceCount { get; }

    /// <summary>Number of blocks in a piece of <see cref="PieceLength"/> bytes.</summary>
    public int BlocksPerPiece => BlocksIn(PieceLength);

    /// <summary>
    /// Creates the geometry of a v1 or hybrid torrent with <paramref name="totalLength"/> bytes, pad files included.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The total length is negative, the piece length is not between 1 and <see cref="MaxPieceLength"/>, or there would
    /// be more than <see cref="int.MaxValue"/> pieces.
    /// </exception>
    public static TorrentGeometry Continuous(long totalLength, int pieceLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalLength);
        CheckPieceLength(pieceLength);
        long count = (totalLength / pieceLength) + (totalLength % pieceLength == 0 ? 0 : 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue, nameof(totalLength));
        return new TorrentGeometry(totalLength, pieceLength, (int)count, null);
    }

    /// <summary>
    /// Creates the geometry of a v2-only torrent, in which each file starts a new piece (BEP 52). Empty files have no
    /// pieces.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A file length is negative, the piece length is not between 1 and <see cref="MaxPieceLength"/>, or there would be
    /// more than a quarter of <see cref="int.MaxValue"/> pieces (about 537 million). The geometry stores the length of
    /// each piece in four bytes, and the lengths of more pieces would take over 2 GiB of memory.
    /// </exception>
    public static TorrentGeometry FileAligned(IEnumerable<long> fileLengths, int pieceLength)
    {
        ArgumentNullException.ThrowIfNull(fileLengths);
        CheckPieceLength(pieceLength);
        var lengths = new List<int>();
        foreach (long fileLength in fileLengths)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(fileLength, nameof(fileLengths));
            long whole = fileLength / pieceLength;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(
                lengths.Count + whole + 1, int.MaxValue / 4, nameof(fileLengths));
            lengths.AddRange(Enumerable.Repeat(pieceLength, (int)whole));
            int rest = (int)(fileLength % pieceLength);
            if (rest > 0)
                lengths.Add(rest);
        }

        int[] all = [.. lengths];
        long total = all.Length == 0 ? 0 : ((long)(all.Length - 1) * pieceLength) + all[^1];
        return new TorrentGeometry(total, pieceLength, all.Length, all);
    }

    /// <summary>Returns the length of a piece in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the torrent.</exception>
    public int LengthOf(PieceIndex piece)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece.Value, (uint)PieceCount, nameof(piece));
        if (_pieceLengths is not null)
            return _pieceLengths[piece.Value];
        return (int)Math.Min(PieceLength, TotalLength - OffsetOf(piece));
    }

    /// <summary>
    /// Returns the offset at which a piece starts, in bytes from the start of the first piece. The index is not
    /// checked.
    /// </summary>
    public long OffsetOf(PieceIndex piece) => (long)piece.Value * PieceLength;

    /// <summary>Returns the number of blocks in a piece. The last block may be shorter.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the torrent.</exception>
    public int BlockCountOf(PieceIndex piece) => BlocksIn(LengthOf(piece));

    /// <summary>Returns the address of a block, given its zero-based index in the piece.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The piece is outside the torrent, or the block is outside the piece.
    /// </exception>
    public BlockAddress Block(PieceIndex piece, int block)
    {
        int length = LengthOf(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)BlocksIn(length), nameof(block));
        int begin = block * BlockLength;
        return new BlockAddress(piece, begin, Math.Min(BlockLength, length - begin));
    }

    /// <summary>
    /// Returns whether the address is exactly one block of the torrent. A block starts at a multiple of
    /// <see cref="BlockLength"/> in its piece. It has <see cref="BlockLength"/> bytes, or fewer at the end of the
    /// piece.
    /// </summary>
    public bool IsBlock(BlockAddress address) =>
        IsWithin(address)
        && address.Begin % BlockLength == 0
        && address.Length == Math.Min(BlockLength, LengthOf(address.Piece) - address.Begin);

    /// <summary>
    /// Returns whether the address lies within one piece of the torrent. The offset and the positive length need not be
    /// those of a block, because BEP 3 lets peers request other ranges too.
    /// </summary>
    public bool IsWithin(BlockAddress address) =>
        (uint)address.Piece.Value < (uint)PieceCount
        && address.Begin >= 0
        && address.Length > 0
        && (long)address.Begin + address.Length <= LengthOf(address.Piece);

    private static int BlocksIn(int length) => (int)(((long)length + BlockLength - 1) / BlockLength);

    private static void CheckPieceLength(int pieceLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pieceLength, MaxPieceLength);
    }
}

/// <summary>Address of a block, as in a request message (BEP 3, "request"). The values are not checked.</summary>
/// <param name="Piece">Index of the piece that contains the block.</param>
/// <param name="Begin">Offset of the first byte in the piece, in bytes.</param>
/// <param name="Length">
/// Length in bytes. A block has <see cref="TorrentGeometry.BlockLength"/> bytes, or fewer at the end of a piece.
/// </param>
public readonly record struct BlockAddress(PieceIndex Piece, int Begin, int Length)
{
    /// <summary>
    /// Zero-based index of the block that contains <see cref="Begin"/>, counted from the start of the piece.
    /// </summary>
    public int BlockIndex => Begin / TorrentGeometry.BlockLength;

    /// <inheritdoc/>
    public override string ToString() => $"{Piece}+{Begin}:{Length}";
}
