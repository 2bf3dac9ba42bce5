using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// Decides which blocks to ask a peer for, and keeps account of what was asked, what came and what is verified.
/// </summary>
/// <remarks>
/// A piece is idle (nobody was asked: it is in <see cref="PieceOrder"/>), in progress (it has a <see cref="PartialPiece"/>; when all
/// its blocks are here it waits for its hash), or verified. Only what the swarm says changes that. Not safe for several threads.
/// </remarks>
internal sealed partial class PiecePicker
{
    private readonly TorrentGeometry _geometry;
    private readonly Random _random;
    private readonly PieceOrder _order;
    private readonly PeerPickStates _accounts = new();
    private readonly PartialPieces _partials;
    private readonly DownloadPriority[] _priority;
    private readonly Bitfield _missing;

    /// <summary>A picker with nothing verified and everything wanted at <see cref="DownloadPriority.Normal"/>.</summary>
    public PiecePicker(TorrentGeometry geometry, PieceStrategy strategy, Random random)
    {
        _geometry = geometry;
        _random = random;
        Strategy = strategy;
        int count = geometry.PieceCount;
        _order = new PieceOrder(count);
        _partials = new PartialPieces(count, geometry.BlocksPerPiece, _accounts);
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

    /// <summary>In which order pieces are begun; may change at any time.</summary>
    public PieceStrategy Strategy { get; set; }

    /// <summary>
    /// Where <see cref="PieceStrategy.Sequential"/> reads: pieces from here on come first, those before it last. May change at any time.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
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
    /// How many pieces may be in progress at once. When so many are, peers share them instead of beginning others: what is
    /// in progress lives in memory.
    /// </summary>
    public int MaxPartialPieces { get; set; } = int.MaxValue;

    /// <summary>The verified pieces; changes as pieces are verified.</summary>
    public Bitfield Have { get; }

    /// <summary>How many pieces are wanted and not verified.</summary>
    public int WantedRemaining => _missing.Count;

    /// <summary>The bytes of the pieces that are wanted and not verified.</summary>
    public long BytesLeft { get; private set; }

    /// <summary>The bytes of all pieces that are wanted, verified or not.</summary>
    public long BytesWanted { get; private set; }

    /// <summary>Whether all that is wanted is verified.</summary>
    public bool IsFinished => _missing.Count == 0;

    /// <summary>How many pieces are in progress.</summary>
    public int PartialCount => _partials.Active.Count;

    /// <summary>Whether every block that is wanted is here or was asked for: endgame.</summary>
    public bool AllRequested => _order.Count == 0 && _partials.Open.Count == 0;

    /// <summary>A peer joined with these pieces. The same set, kept up to date with <see cref="PeerHas"/>, is given when it leaves.</summary>
    public void PeerJoined(Bitfield have) => _order.Joined(have);

    /// <summary>A peer left that had these pieces. See <see cref="PeerGone"/> for what it was asked for.</summary>
    public void PeerLeft(Bitfield have) => _order.Left(have);

    /// <summary>A peer that joined got a piece it did not have.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="have">All that the peer has, this piece included: a peer that has everything now counts as a seed from here on.</param>
    public void PeerHas(PieceIndex piece, Bitfield have)
    {
        _order.MoreOf(piece.Value);
        if (have.IsComplete)
            _order.BecameSeed();
    }

    /// <summary>How many connected peers have a piece.</summary>
    public int AvailabilityOf(PieceIndex piece) => _order.AvailabilityOf(piece.Value);

    /// <summary>How much a piece is wanted.</summary>
    public DownloadPriority PriorityOf(PieceIndex piece) => _priority[piece.Value];

    /// <summary>Whether a piece is wanted and not verified. O(1); false for a piece that does not exist.</summary>
    public bool Wants(PieceIndex piece) => _missing.Contains(piece);

    /// <summary>Whether a peer has a piece that is wanted and not verified. Exact; 64 pieces a step.</summary>
    public bool IsInteresting(Bitfield peerHas) =>
        peerHas.IsComplete ? _missing.Count > 0 : _missing.Count > 0 && peerHas.Count > 0 && PieceScan.Intersect(_missing, peerHas);

    /// <summary>
    /// Changes how much a piece is wanted. A piece in progress that is not wanted any more keeps its blocks and is asked for no
    /// further; <see cref="Reset"/> drops them.
    /// </summary>
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
        _order.Disturb();
        if (priority == DownloadPriority.Skip)
            SetMissing(piece, false);
        else if (before == DownloadPriority.Skip)
            SetMissing(piece, true);
        Settle(piece);
    }

    /// <summary>A piece is on disk and right: after its hash matched, or found so at the start.</summary>
    /// <returns>Whether it was not verified before.</returns>
    public bool MarkVerified(PieceIndex piece)
    {
        if (!Have.Add(piece))
            return false;
        End(piece);
        SetMissing(piece, false);
        Settle(piece);
        ClearDeadline(piece);
        return true;
    }

    /// <summary>
    /// A piece must be fetched again from the beginning: its hash failed, its blocks were dropped, or it is not on disk after all.
    /// Whatever was asked for is forgotten.
    /// </summary>
    public void Reset(PieceIndex piece)
    {
        Have.Remove(piece);
        End(piece);
        if (_priority[piece.Value] != DownloadPriority.Skip)
            SetMissing(piece, true);
        Settle(piece);
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

    /// <summary>Puts a piece where its state says: idle and wanted, open, or neither.</summary>
    private void Settle(PieceIndex piece)
    {
        PartialPiece? partial = _partials.Find(piece.Value);
        bool wanted = _missing.Contains(piece);
        if (partial is not null)
            _partials.SetOpen(partial, wanted && partial.Free > 0);
        if (wanted && partial is null)
            _order.Include(piece.Value, RankOf(_priority[piece.Value]));
        else
            _order.Exclude(piece.Value);
    }

    private PartialPiece Begin(PieceIndex piece)
    {
        PartialPiece partial = _partials.Begin(piece.Value, _geometry.BlockCountOf(piece));
        Settle(piece);
        return partial;
    }

    private void End(PieceIndex piece)
    {
        if (_partials.Find(piece.Value) is { } partial)
            _partials.End(partial);
    }
}
