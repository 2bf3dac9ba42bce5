using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Time-critical pieces: pieces with a deadline.</content>
internal sealed partial class PiecePicker
{
    /// <summary>
    /// Maximum number of pieces with a deadline. When it is exceeded, the deadline that is furthest in the future is
    /// removed. A media player needs fewer deadlines at a time.
    /// </summary>
    public const int MaxDeadlines = 256;

    /// <summary>
    /// Length of the period before a piece's deadline in which blocks of the piece may also be requested from a second
    /// peer. In a longer period, more blocks would be downloaded twice. In a shorter period, the second peer could be
    /// too late as well.
    /// </summary>
    private static readonly TimeSpan s_duplicateBefore = TimeSpan.FromSeconds(5);

    private readonly List<(PieceIndex Piece, TimeSpan Deadline)> _deadlines = new(MaxDeadlines + 1);

    public bool HasDeadlines => _deadlines.Count > 0;

    /// <summary>
    /// Sets the deadline of a piece. Pieces with a deadline are requested before others, the earliest deadline first.
    /// </summary>
    /// <remarks>
    /// The call has no effect for a verified piece. A skipped piece isn't requested, even with a deadline.
    /// </remarks>
    /// <param name="piece">The piece.</param>
    /// <param name="deadline">
    /// The deadline, on the same clock as the current time in <see cref="PickTimeCritical"/>.
    /// </param>
    public void SetDeadline(PieceIndex piece, TimeSpan deadline)
    {
        ClearDeadline(piece);
        if (Have.Contains(piece) || (uint)piece.Value >= (uint)_geometry.PieceCount)
            return;
        int at = _deadlines.Count;
        while (at > 0 && _deadlines[at - 1].Deadline > deadline)
            at--;
        _deadlines.Insert(at, (piece, deadline));
        if (_deadlines.Count > MaxDeadlines)
            _deadlines.RemoveAt(MaxDeadlines);
    }

    public void ClearDeadline(PieceIndex piece)
    {
        for (int i = 0; i < _deadlines.Count; i++)
        {
            if (_deadlines[i].Piece != piece)
                continue;
            _deadlines.RemoveAt(i);
            return;
        }
    }

    /// <summary>
    /// Chooses free blocks of pieces with a deadline. Near the deadline, it also chooses blocks that are requested from
    /// another peer and are expected much sooner from this peer.
    /// </summary>
    /// <param name="peer">The peer to request from.</param>
    /// <param name="peerHas">The pieces of the peer.</param>
    /// <param name="now">The current time.</param>
    /// <param name="rates">The download rate in bytes/s from each peer, by peer index.</param>
    /// <param name="destination">Receives the blocks.</param>
    /// <returns>The number of chosen blocks. They are marked as requested.</returns>
    public int PickTimeCritical(
        PeerIndex peer, Bitfield peerHas, TimeSpan now, ReadOnlySpan<long> rates, Span<BlockAddress> destination)
    {
        int count = 0;
        long rate = peer.Value < rates.Length ? rates[peer.Value] : 0;
        foreach ((PieceIndex piece, TimeSpan deadline) in _deadlines)
        {
            if (count == destination.Length)
                break;
            if (!Wants(piece) || !peerHas.Contains(piece))
                continue;
            PartialPiece partial = _partials.Find(piece.Value) ?? Begin(piece);
            count += Take(partial, peer, destination[count..]);
            int blocks = deadline - now < s_duplicateBefore ? partial.BlockCount : 0;
            for (int block = 0; block < blocks && count < destination.Length; block++)
            {
                double wait = Endgame.ExpectedWait(rate, Outstanding(peer));
                if (!CanDuplicate(partial, block, peer, Endgame.MaxRequesters)
                    || !Endgame.ShouldDuplicate(wait, partial.ExpectedWait(block, rates)))
                    continue;
                partial.AddRequester(block, peer);
                destination[count++] = _geometry.Block(piece, block);
            }
        }

        return count;
    }
}
