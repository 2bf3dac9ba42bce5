using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// Chooses the blocks to request from each peer, and keeps track of requested, received and verified blocks.
/// </summary>
/// <remarks>
/// <para>
/// A piece is idle, partial or verified. No block of an idle piece is requested or received. <see cref="PieceOrder"/>
/// contains the idle pieces that are wanted. A partial piece has a <see cref="PartialPiece"/>. When all its blocks are
/// received, it waits for <see cref="MarkVerified"/> or <see cref="Reset"/>.
/// </para>
/// <para>
/// The order of pieces follows B. Cohen, Incentives Build Robustness in BitTorrent (2003), and libtorrent's piece
/// picker: partial pieces first, new pieces rarest first, random pieces until the first is complete, endgame at the
/// end. Deviations: a fast peer becomes the owner of its pieces, so that a failed hash check identifies one peer. An
/// endgame request is sent only if it saves time (<see cref="Endgame"/>).
/// </para>
/// <para>
/// The class isn't thread-safe.
/// </para>
/// </remarks>
internal sealed partial class PiecePicker
{
    private readonly TorrentGeometry _geometry;
    private readonly Random _random;
    private readonly PieceOrder _order;
    private readonly PeerPickStates _peers = new();
    private readonly PartialPieces _partials;
    private readonly DownloadPriority[] _priority;
    private readonly Bitfield _missing;

    /// <summary>
    /// Creates a picker without verified pieces. All pieces have <see cref="DownloadPriority.Normal"/>.
    /// </summary>
    public PiecePicker(TorrentGeometry geometry, PieceStrategy strategy, Random random)
    {
        _geometry = geometry;
        _random = random;
        Strategy = strategy;
        int count = geometry.PieceCount;
        _order = new PieceOrder(count);
        _partials = new PartialPieces(count, geometry.BlocksPerPiece, _peers);
        _priority = new DownloadPriority[count];
        _priority.AsSpan().Fill(DownloadPriority.Normal);
        _missing = new Bitfield(count);
        _missing.Fill();
        Have = new Bitfield(count);
        for (int piece = 0; piece < count; piece++)
        {
            _order.Include(piece, RankOf(DownloadPriority.Normal));
            BytesLeft += geometry.LengthOf(new PieceIndex(piece));
        }

        BytesWanted = BytesLeft;
    }

    /// <summary>The order in which idle pieces are begun. It can be changed at any time.</summary>
    public PieceStrategy Strategy { get; set; }

    /// <summary>
    /// The piece at which <see cref="PieceStrategy.Sequential"/> begins. Pieces before it come last. It can be changed
    /// at any time.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The piece doesn't exist.</exception>
    public PieceIndex ReadingPosition
    {
        get => new(_order.ReadingPosition);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value.Value);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value.Value, Math.Max(1, _geometry.PieceCount));
            _order.ReadingPosition = value.Value;
        }
    }

    /// <summary>
    /// Maximum number of partial pieces. At this number, no idle piece is begun, and peers share the partial pieces.
    /// The limit bounds the memory for blocks of partial pieces. It does not apply to time-critical pieces, pieces that
    /// failed their hash check, or pieces of an allowed fast set.
    /// </summary>
    public int MaxPartialPieces { get; set; } = int.MaxValue;

    /// <summary>
    /// The verified pieces. The instance stays the same and is updated when a piece is verified or reset.
    /// </summary>
    public Bitfield Have { get; }

    /// <summary>Number of pieces that are wanted and not verified.</summary>
    public int WantedRemaining => _missing.Count;

    /// <summary>Number of bytes of the pieces that are wanted and not verified.</summary>
    public long BytesLeft { get; private set; }

    /// <summary>Number of bytes of the wanted pieces, whether verified or not.</summary>
    public long BytesWanted { get; private set; }

    public bool IsFinished => _missing.Count == 0;

    public int PartialCount => _partials.Active.Count;

    /// <summary>Whether every wanted block is requested, received or verified (endgame).</summary>
    public bool AllRequested => _order.Count == 0 && _partials.Open.Count == 0;

    /// <summary>Adds the pieces of a newly connected peer to the availability.</summary>
    /// <param name="have">
    /// The pieces of the peer. The caller must pass the same set to <see cref="PeerLeft"/> later. Until then it must
    /// report each piece that it adds to the set with <see cref="PeerHas"/>.
    /// </param>
    public void PeerJoined(Bitfield have) => _order.AddPeer(have);

    /// <summary>
    /// Subtracts the pieces of a disconnected peer from the availability. The caller must also call
    /// <see cref="ReleaseAll"/>.
    /// </summary>
    public void PeerLeft(Bitfield have) => _order.RemovePeer(have);

    /// <summary>Increases the availability of a piece that a connected peer has obtained.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="have">
    /// All pieces of the peer, including this one. If the set is complete, the peer counts as a seed from now on.
    /// </param>
    public void PeerHas(PieceIndex piece, Bitfield have)
    {
        _order.IncrementAvailability(piece.Value);
        if (have.IsComplete)
            _order.ConvertToSeed();
    }

    public int AvailabilityOf(PieceIndex piece) => _order.AvailabilityOf(piece.Value);

    public DownloadPriority PriorityOf(PieceIndex piece) => _priority[piece.Value];

    /// <summary>
    /// Returns whether a piece is wanted and not verified. Returns false for a piece that doesn't exist.
    /// </summary>
    public bool Wants(PieceIndex piece) => _missing.Contains(piece);

    /// <summary>Returns whether a peer has any piece that is wanted and not verified.</summary>
    public bool IsInteresting(Bitfield peerHas) =>
        peerHas.IsComplete
            ? _missing.Count > 0
            : _missing.Count > 0 && peerHas.Count > 0 && PieceScan.Intersect(_missing, peerHas);

    /// <summary>Changes the priority of a piece.</summary>
    /// <remarks>
    /// A partial piece that gets <see cref="DownloadPriority.Skip"/> keeps its received blocks, but no more blocks are
    /// requested. <see cref="Reset"/> drops the blocks.
    /// </remarks>
    public void SetPriority(PieceIndex piece, DownloadPriority priority)
    {
        DownloadPriority before = _priority[piece.Value];
        if (before == priority)
            return;
        _priority[piece.Value] = priority;
        if (priority == DownloadPriority.Skip)
            BytesWanted -= _geometry.LengthOf(piece);
        else if (before == DownloadPriority.Skip)
            BytesWanted += _geometry.LengthOf(piece);
        if (Have.Contains(piece))
            return;
        _order.MarkStale();
        if (priority == DownloadPriority.Skip)
            SetMissing(piece, false);
        else if (before == DownloadPriority.Skip)
            SetMissing(piece, true);
        UpdateSets(piece);
    }

    /// <summary>Marks a piece as verified and stored on disk.</summary>
    /// <returns>False if the piece was already marked.</returns>
    public bool MarkVerified(PieceIndex piece)
    {
        if (!Have.Add(piece))
            return false;
        End(piece);
        SetMissing(piece, false);
        UpdateSets(piece);
        ClearDeadline(piece);
        return true;
    }

    /// <summary>
    /// Marks a piece as not verified and without blocks, and removes all requests of its blocks. This is necessary when
    /// its hash check failed, its blocks were dropped, or it is no longer on disk.
    /// </summary>
    public void Reset(PieceIndex piece)
    {
        Have.Remove(piece);
        End(piece);
        if (_priority[piece.Value] != DownloadPriority.Skip)
            SetMissing(piece, true);
        UpdateSets(piece);
    }

    private static int RankOf(DownloadPriority priority) => priority switch
    {
        >= DownloadPriority.High => 0,
        >= DownloadPriority.Normal => 1,
        _ => 2,
    };

    private void SetMissing(PieceIndex piece, bool missing)
    {
        if (missing ? _missing.Add(piece) : _missing.Remove(piece))
            BytesLeft += missing ? _geometry.LengthOf(piece) : -_geometry.LengthOf(piece);
    }

    /// <summary>
    /// Moves a piece to the collection that fits its state: the order, the list of open partial pieces, or none.
    /// </summary>
    private void UpdateSets(PieceIndex piece)
    {
        PartialPiece? partial = _partials.Find(piece.Value);
        bool wanted = _missing.Contains(piece);
        if (partial is not null)
            _partials.SetOpen(partial, wanted && partial.FreeCount > 0);
        if (wanted && partial is null)
            _order.Include(piece.Value, RankOf(_priority[piece.Value]));
        else
            _order.Exclude(piece.Value);
    }

    private PartialPiece Begin(PieceIndex piece)
    {
        PartialPiece partial = _partials.Begin(piece.Value, _geometry.BlockCountOf(piece));
        UpdateSets(piece);
        return partial;
    }

    private void End(PieceIndex piece)
    {
        if (_partials.Find(piece.Value) is { } partial)
            _partials.End(partial);
    }
}
