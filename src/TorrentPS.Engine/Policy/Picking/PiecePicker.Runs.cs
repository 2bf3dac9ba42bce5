using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Pieces that follow each other, for who gives many of them at one request (BEP 19, "piece selection").</content>
internal sealed partial class PiecePicker
{
    /// <summary>From now on this peer is asked for pieces that follow each other, unless pieces come in order anyhow; until it is gone.</summary>
    public void PreferRuns(PeerIndex peer) => _accounts[peer].PrefersRuns = true;

    /// <summary>The piece after the one that the peer was at, if it can be begun and none is wanted more; else -1.</summary>
    private int Following(PeerIndex peer, Bitfield peerHas)
    {
        PeerPickState account = _accounts[peer];
        int next = account.CurrentPiece + 1;
        bool follows = account.PrefersRuns && account.CurrentPiece >= 0 && next < _geometry.PieceCount
            && _order.Contains(next) && peerHas.Contains(new PieceIndex(next)) && !_order.HasBetter(RankOf(_priority[next]), peerHas);
        return follows ? next : -1;
    }

    /// <summary>
    /// Where a run goes on, or the next begins: at the start of the longest gap, or in its middle when somebody comes towards it from there.
    /// </summary>
    private int NextOfRun(PeerIndex peer, Bitfield peerHas)
    {
        int next = Following(peer, peerHas);
        if (next >= 0)
            return next;
        (int first, int length) = _order.FindLongestRun(peerHas);
        bool isApproached = first > 0 && _partials.Find(first - 1) is not null;
        return isApproached ? first + (length / 2) : first;
    }
}
