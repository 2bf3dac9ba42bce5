using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Pieces that somebody waits for.</content>
internal sealed partial class PiecePicker
{
    /// <summary>How many pieces may have a deadline: more than any reader waits for. The latest give way.</summary>
    public const int MaxDeadlines = 256;

    /// <summary>So long before a piece is due its blocks may be asked of a second peer.</summary>
    private static readonly TimeSpan s_near = TimeSpan.FromSeconds(5);

    private readonly List<(PieceIndex Piece, TimeSpan Due)> _deadlines = new(MaxDeadlines + 1);

    /// <summary>Whether somebody waits for a piece.</summary>
    public bool HasDeadlines => _deadlines.Count > 0;

    /// <summary>Says when a piece is needed: such pieces come before all others, those due first before the rest.</summary>
    /// <param name="piece">The piece; nothing happens when it is verified. It is asked for only while it is wanted.</param>
    /// <param name="due">When, on the clock that <see cref="PickUrgent"/> is given.</param>
    public void SetDeadline(PieceIndex piece, TimeSpan due)
    {
        ClearDeadline(piece);
        if (Have.Contains(piece) || (uint)piece.Value >= (uint)_geometry.PieceCount)
            return;
        int at = _deadlines.Count;
        while (at > 0 && _deadlines[at - 1].Due > due)
            at--;
        _deadlines.Insert(at, (piece, due));
        if (_deadlines.Count > MaxDeadlines)
            _deadlines.RemoveAt(MaxDeadlines);
    }

    /// <summary>Nobody waits for a piece any more.</summary>
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

    /// <summary>Chooses blocks of pieces with a deadline; near it, also such that were asked of a peer that is expected to send them later.</summary>
    /// <param name="peer">The peer to ask.</param>
    /// <param name="peerHas">The pieces it has.</param>
    /// <param name="now">The time.</param>
    /// <param name="rates">The rate in bytes/s at which each peer gives, by its slot.</param>
    /// <param name="destination">Receives the blocks.</param>
    /// <returns>How many blocks were chosen.</returns>
    public int PickUrgent(PeerIndex peer, Bitfield peerHas, TimeSpan now, ReadOnlySpan<long> rates, Span<BlockAddress> destination)
    {
        int count = 0;
        long rate = peer.Value < rates.Length ? rates[peer.Value] : 0;
        foreach ((PieceIndex piece, TimeSpan due) in _deadlines)
        {
            if (count == destination.Length)
                break;
            if (!Wants(piece) || !peerHas.Contains(piece))
                continue;
            PartialPiece partial = _partials.Find(piece.Value) ?? Begin(piece);
            count += Take(partial, peer, destination[count..]);
            for (int block = 0; block < partial.BlockCount && count < destination.Length && due - now < s_near; block++)
            {
                if (!MayRepeat(partial, block, peer, Endgame.MaxRequesters)
                    || !Endgame.PaysToRepeat(Endgame.ExpectedWait(rate, Outstanding(peer)), partial.ExpectedWait(block, rates)))
                    continue;
                partial.AddRequester(block, peer);
                destination[count++] = _geometry.Block(piece, block);
            }
        }

        return count;
    }
}
