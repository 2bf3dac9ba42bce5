using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>
/// Consecutive pieces, for web seeds: one HTTP request can fetch many of them (BEP 19, "piece selection").
/// </content>
internal sealed partial class PiecePicker
{
    /// <summary>
    /// Makes the picker choose consecutive pieces for a peer until <see cref="ReleaseAll"/> is called for this peer.
    /// Has no effect with <see cref="PieceStrategy.Sequential"/>.
    /// </summary>
    public void PreferConsecutive(PeerIndex peer) => _peers[peer].PrefersConsecutive = true;

    /// <summary>
    /// Returns the piece that continues the peer's run, that is, the piece after the one whose blocks were last
    /// requested from the peer. Returns −1 if that next piece isn't idle, if the peer doesn't have it, or if the peer
    /// has an idle piece of a higher priority.
    /// </summary>
    private int NextConsecutive(PeerIndex peer, Bitfield peerHas)
    {
        PeerPickState state = _peers[peer];
        int next = state.CurrentPiece + 1;
        bool follows = state.PrefersConsecutive && state.CurrentPiece >= 0 && next < _geometry.PieceCount
            && _order.Contains(next) && peerHas.Contains(new PieceIndex(next))
            && !_order.HasBetterRank(RankOf(_priority[next]), peerHas);
        return follows ? next : -1;
    }

    /// <summary>
    /// Returns the next piece of the peer's current run. Without a current run, returns the first piece of the longest
    /// run, or −1 if there is no run. If the piece directly before the longest run is partial, another peer will
    /// probably continue with the beginning of that run. In this case, returns the piece in the middle of the run.
    /// </summary>
    private int NextOfRun(PeerIndex peer, Bitfield peerHas)
    {
        int next = NextConsecutive(peer, peerHas);
        if (next >= 0)
            return next;
        (int first, int length) = _order.FindLongestRun(peerHas);
        bool isPrecededByPartial = first > 0 && _partials.Find(first - 1) is not null;
        return isPrecededByPartial ? first + (length / 2) : first;
    }
}
