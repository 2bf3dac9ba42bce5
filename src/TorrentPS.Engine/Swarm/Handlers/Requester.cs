using System.Runtime.InteropServices;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Requests blocks from peers. The piece picker chooses the blocks, and the request depth limits their number.
/// </summary>
internal sealed class Requester(SwarmState swarm)
{
    /// <summary>
    /// Time within which a peer must be able to send the free blocks of a piece, at its current rate, to become the
    /// owner of the piece. Slower peers share a piece, so that it completes earlier. libtorrent uses the same time
    /// (<c>whole_pieces_threshold</c>).
    /// </summary>
    private static readonly TimeSpan s_wholePieceTime = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Maximum number of blocks chosen by one call of the picker. Their addresses are kept on the stack.
    /// </summary>
    private const int BlocksPerPick = 64;

    /// <summary>
    /// Maximum number of outstanding requests to a peer, as a multiple of its request depth. If more are outstanding,
    /// the newest are cancelled. A smaller excess can come from normal variation of the peer's rate.
    /// </summary>
    private const int MaxExcess = 4;

    /// <summary>Sends interested or not interested to a peer if this client's interest in it changed.</summary>
    public void UpdateInterest(Peer peer)
    {
        bool interested = swarm.State == TorrentState.Downloading && swarm.Picker.IsInteresting(peer.Have);
        if (interested == peer.AmInterested || peer.IsClosing)
            return;
        peer.AmInterested = interested;
        if (interested)
            peer.Wire?.SendInterested();
        else
            peer.Wire?.SendNotInterested();
        swarm.Peers.Touch(peer);
    }

    public void OnChoke(Peer peer)
    {
        peer.IsChokingUs = true;

        // A peer with the Fast extension answers every request (BEP 6). Without it, a choke drops all requests.
        if (!peer.SupportsFast)
            ReleaseAll(peer, cancel: false);
    }

    public void OnUnchoke(Peer peer)
    {
        if (!peer.IsChokingUs)
            return;
        peer.IsChokingUs = false;
        peer.SnubTimerStart = swarm.Now;
        peer.Depth.Restart();
    }

    /// <summary>
    /// Sends requests to a peer until its request depth is reached or no further block can be chosen. Does nothing if
    /// the torrent is not downloading or this client is not interested in the peer.
    /// </summary>
    public void TopUp(Peer peer)
    {
        if (!peer.AmInterested || peer.IsClosing || swarm.State != TorrentState.Downloading)
            return;
        Span<BlockAddress> picked = stackalloc BlockAddress[BlocksPerPick];
        int room = peer.Depth.Depth - peer.Requests.Count;
        long now = swarm.Now;
        while (room > 0)
        {
            int count = Pick(peer, picked[..Math.Min(room, picked.Length)]);
            if (count == 0)
                return;
            if (peer.Requests.Count == 0)
            {
                peer.RequestTimerStart = now;
                if (!peer.IsSnubbed)
                    peer.SnubTimerStart = now;
            }

            foreach (BlockAddress block in picked[..count])
            {
                peer.Requests.Add(block, now);
                peer.Link.Request(block);
            }

            room -= count;
            swarm.Peers.Touch(peer);
        }
    }

    /// <summary>
    /// Sends requests to all peers. Snubbed peers come last, so that blocks whose requests timed out at a snubbed peer
    /// are requested from other peers.
    /// </summary>
    /// <param name="except">A peer that gets no requests, or null.</param>
    public void TopUpAll(Peer? except = null)
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            if (!peer.IsSnubbed && peer != except)
                TopUp(peer);
        }

        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.IsSnubbed && peer != except)
                TopUp(peer);
        }
    }

    /// <summary>Withdraws all requests to a peer, so that the blocks can be requested from other peers.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancel">
    /// Whether cancel messages are sent. They are not needed when a peer without the Fast extension chokes this client,
    /// because the peer then drops the requests.
    /// </param>
    public void ReleaseAll(Peer peer, bool cancel)
    {
        while (peer.Requests.Count > 0)
        {
            BlockAddress block = peer.Requests.Dequeue();
            swarm.Picker.Release(block, peer.Index);
            peer.WithdrawnRequests++;
            if (cancel)
                peer.Link.Cancel(block);
        }

        if (cancel)
            swarm.Peers.Touch(peer);
    }

    /// <summary>
    /// Cancels the newest requests to a peer if far more requests are outstanding than the peer's request depth
    /// (<see cref="MaxExcess"/>). The blocks can then be requested from faster peers.
    /// </summary>
    public void Trim(Peer peer)
    {
        int keep = peer.Depth.Depth;
        if (peer.IsClosing || peer.Requests.Count <= keep * MaxExcess)
            return;
        while (peer.Requests.Count > keep)
        {
            BlockAddress block = peer.Requests.TakeLast();
            swarm.Picker.Release(block, peer.Index);
            peer.WithdrawnRequests++;
            peer.Link.Cancel(block);
        }

        swarm.Peers.Touch(peer);
    }

    /// <summary>Withdraws all requests for a block that was received or is no longer wanted.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sender">
    /// The peer that sent the block and gets no cancel message; null if the block was not received.
    /// </param>
    public void CancelElsewhere(BlockAddress block, Peer? sender)
    {
        // Copied, because each release changes the picker's list.
        ReadOnlySpan<PeerIndex> requesters = swarm.Picker.Requesters(block);
        Span<PeerIndex> others = stackalloc PeerIndex[PartialPiece.MaxRequesters];
        requesters.CopyTo(others);
        foreach (PeerIndex index in others[..requesters.Length])
        {
            swarm.Picker.Release(block, index);
            if (index == sender?.Index || swarm.Peers.Find(index) is not { } other
                || !other.Requests.Remove(block, out _))
                continue;
            other.WithdrawnRequests++;
            other.Link.Cancel(block);
            swarm.Peers.Touch(other);
        }
    }

    private int Pick(Peer peer, Span<BlockAddress> destination)
    {
        if (!peer.IsProven)
        {
            int unverified = swarm.Picker.UnverifiedBlocks(peer.Index);
            int left = UnprovenPeerLimit.BlocksLeft(swarm.Geometry.BlocksPerPiece, unverified);
            destination = destination[..Math.Min(destination.Length, left)];
        }

        if (destination.IsEmpty)
            return 0;
        if (peer.IsChokingUs)
            return PickAllowed(peer, destination);
        if (peer.OnParole || !peer.IsProven)
        {
            int alone = swarm.Picker.PickAlone(peer.Index, peer.Have, destination);

            // A peer on parole gets no pieces with blocks of others, unless no request is outstanding at any peer.
            if (alone > 0 || (peer.OnParole && IsAnyRequestOutstanding()))
                return alone;
        }
        else if (!swarm.FailedPieces.All.IsEmpty)
        {
            int failed = swarm.Picker.PickAlone(peer.Index, peer.Have, swarm.FailedPieces.All, destination);
            if (failed > 0)
                return failed;
        }

        if (peer.Suggested.Count > 0)
        {
            int suggested = swarm.Picker.PickSuggested(
                peer.Index, peer.Have, CollectionsMarshal.AsSpan(peer.Suggested), destination);
            if (suggested > 0)
                return suggested;
        }

        if (swarm.Picker.HasDeadlines)
        {
            int urgent = swarm.Picker.PickTimeCritical(
                peer.Index, peer.Have, swarm.Uptime, swarm.Peers.Rates, destination);
            if (urgent > 0)
                return urgent;
        }

        long rate = peer.DownloadMeter.Rate;
        int wholePiece = (int)Math.Min(
            rate * s_wholePieceTime.TotalSeconds / TorrentGeometry.BlockLength, int.MaxValue);
        int count = swarm.Picker.Pick(peer.Index, peer.Have, wholePiece, destination);
        if (count > 0 || peer.Requests.Count > 0 || !swarm.Picker.AllRequested)
            return count;
        int depth = Math.Min(Endgame.MaxDuplicates(rate), destination.Length);
        return swarm.Picker.PickEndgame(
            peer.Index, peer.Have, Endgame.MaxRequesters, swarm.Peers.Rates, destination[..depth]);
    }

    private int PickAllowed(Peer peer, Span<BlockAddress> destination)
    {
        ReadOnlySpan<PieceIndex> allowed = CollectionsMarshal.AsSpan(peer.AllowedFast);
        if (allowed.IsEmpty)
            return 0;
        int alone = peer.IsProven ? 0 : swarm.Picker.PickAlone(peer.Index, peer.Have, allowed, destination);
        return alone > 0 ? alone : swarm.Picker.Pick(peer.Index, peer.Have, allowed, destination);
    }

    private bool IsAnyRequestOutstanding()
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.Requests.Count > 0)
                return true;
        }

        return false;
    }
}
