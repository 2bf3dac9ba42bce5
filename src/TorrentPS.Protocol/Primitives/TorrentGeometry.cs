namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// The lengths of a torrent, validated once: how its bytes divide into pieces and pieces into blocks.
/// </summary>
/// <remarks>
/// A v1 or hybrid torrent is one run of bytes cut every <see cref="PieceLength"/>; only its last piece may be short (BEP 3).
/// In a v2 torrent every file begins a new piece, so that each file's last piece may be short (BEP 52); offsets are then those of
/// the run in which each file is padded to a whole number of pieces.
/// </remarks>
public sealed class TorrentGeometry
{
    /// <summary>The length of a block in bytes: 16 KiB, what every client requests.</summary>
    public const int BlockLength = 16 * 1024;

    /// <summary>The largest piece length accepted, in bytes: 1 GiB keeps every offset inside a piece an <see cref="int"/>.</summary>
    public const int MaxPieceLength = 1 << 30;

    private readonly int[]? _pieceLengths;

    private TorrentGeometry(long totalLength, int pieceLength, int pieceCount, int[]? pieceLengths)
    {
        TotalLength = totalLength;
        PieceLength = pieceLength;
        PieceCount = pieceCount;
        _pieceLengths = pieceLengths;
    }

    /// <summary>The length of the whole run in bytes, pad bytes included.</summary>
    public long TotalLength { get; }

    /// <summary>The nominal length of a piece in bytes.</summary>
    public int PieceLength { get; }

    /// <summary>How many pieces there are.</summary>
    public int PieceCount { get; }

    /// <summary>The largest number of blocks in one piece.</summary>
    public int BlocksPerPiece => BlocksIn(PieceLength);

    /// <summary>The geometry of a v1 or hybrid torrent: one run of <paramref name="totalLength"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is not positive, or the pieces are more than <see cref="int.MaxValue"/>.</exception>
    public static TorrentGeometry Continuous(long totalLength, int pieceLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalLength);
        CheckPieceLength(pieceLength);
        long count = (totalLength / pieceLength) + (totalLength % pieceLength == 0 ? 0 : 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue, nameof(totalLength));
        return new TorrentGeometry(totalLength, pieceLength, (int)count, null);
    }

    /// <summary>The geometry of a v2 torrent: each file begins a new piece (BEP 52). Empty files take none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is negative, or the pieces are more than <see cref="int.MaxValue"/>.</exception>
    public static TorrentGeometry FileAligned(IEnumerable<long> fileLengths, int pieceLength)
    {
        ArgumentNullException.ThrowIfNull(fileLengths);
        CheckPieceLength(pieceLength);
        var lengths = new List<int>();
        foreach (long fileLength in fileLengths)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(fileLength, nameof(fileLengths));
            long whole = fileLength / pieceLength;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(lengths.Count + whole + 1, int.MaxValue / 4, nameof(fileLengths));
            lengths.AddRange(Enumerable.Repeat(pieceLength, (int)whole));
            int rest = (int)(fileLength % pieceLength);
            if (rest > 0)
                lengths.Add(rest);
        }

        int[] all = [.. lengths];
        long total = all.Length == 0 ? 0 : ((long)(all.Length - 1) * pieceLength) + all[^1];
        return new TorrentGeometry(total, pieceLength, all.Length, all);
    }

    /// <summary>The length of a piece in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public int LengthOf(PieceIndex piece)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece.Value, (uint)PieceCount, nameof(piece));
        if (_pieceLengths is not null)
            return _pieceLengths[piece.Value];
        return (int)Math.Min(PieceLength, TotalLength - OffsetOf(piece));
    }

    /// <summary>Where a piece begins in the run, in bytes.</summary>
    public long OffsetOf(PieceIndex piece) => (long)piece.Value * PieceLength;

    /// <summary>How many blocks a piece has.</summary>
    public int BlockCountOf(PieceIndex piece) => BlocksIn(LengthOf(piece));

    /// <summary>The address of block number <paramref name="block"/> of a piece.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece or block.</exception>
    public BlockAddress Block(PieceIndex piece, int block)
    {
        int length = LengthOf(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)BlocksIn(length), nameof(block));
        int begin = block * BlockLength;
        return new BlockAddress(piece, begin, Math.Min(BlockLength, length - begin));
    }

    /// <summary>Whether the address is exactly one of the torrent's blocks.</summary>
    public bool IsBlock(BlockAddress address) =>
        IsWithin(address)
        && address.Begin % BlockLength == 0
        && address.Length == Math.Min(BlockLength, LengthOf(address.Piece) - address.Begin);

    /// <summary>Whether the address lies wholly inside one existing piece (a peer may ask for less than a block).</summary>
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
