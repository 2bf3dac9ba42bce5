using System.Runtime.InteropServices;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Requests blocks of peers. The picker chooses the blocks, and the request depth their number.</summary>
internal sealed class Requester(SwarmState swarm)
{
    /// <summary>
    /// Time in which a peer must be able to send a whole piece to get pieces of its own. Slower peers share pieces, so
    /// that these complete sooner.
    /// </summary>
    private static readonly TimeSpan s_wholePieceTime = TimeSpan.FromSeconds(20);

    /// <summary>Maximum blocks chosen by one call of the picker. They fit into a buffer on the stack.</summary>
    private const int BlocksPerPick = 64;

    /// <summary>
    /// Outstanding requests, as a multiple of the request depth, above which requests are cancelled. Below it, the
    /// excess may come from a rate that varies.
    /// </summary>
    private const int MaxExcess = 4;

    /// <summary>Sends interested or not interested when the interest in the peer has changed.</summary>
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

    /// <summary>Requests blocks until the request depth of the peer is reached.</summary>
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
                peer.LastBlock = now;
                if (!peer.IsSnubbed)
                    peer.LastService = now;
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
    /// Requests blocks of all peers, of snubbed ones last: requests that timed out at a snubbed peer must not return to
    /// it at once.
    /// </summary>
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

    /// <summary>Withdraws all requests to a peer, so that the blocks can be requested of others.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancel">Whether cancel messages are sent.</param>
    public void ReleaseAll(Peer peer, bool cancel)
    {
        while (peer.Requests.Count > 0)
        {
            BlockAddress block = peer.Requests.Dequeue();
            swarm.Picker.Release(block, peer.Index);
            peer.Cancelled++;
            if (cancel)
                peer.Link.Cancel(block);
        }

        if (cancel)
            swarm.Peers.Touch(peer);
    }

    /// <summary>
    /// Cancels the latest requests to a peer that has become much slower. Other peers send these blocks sooner.
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
            peer.Cancelled++;
            peer.Link.Cancel(block);
        }

        swarm.Peers.Touch(peer);
    }

    /// <summary>Withdraws all requests for a block that was received or is no longer wanted.</summary>
    /// <param name="block">The block.</param>
    /// <param name="winner">The peer that sent the block and needs no cancel; null when no peer did.</param>
    public void CancelElsewhere(BlockAddress block, Peer? winner)
    {
        // A copy: each release changes the picker's list.
        ReadOnlySpan<PeerIndex> asked = swarm.Picker.Requesters(block);
        Span<PeerIndex> losers = stackalloc PeerIndex[PartialPiece.MaxRequesters];
        asked.CopyTo(losers);
        foreach (PeerIndex index in losers[..asked.Length])
        {
            swarm.Picker.Release(block, index);
            if (index == winner?.Index || swarm.Peers.Find(index) is not { } loser
                || !loser.Requests.Remove(block, out _))
                continue;
            loser.Cancelled++;
            loser.Link.Cancel(block);
            swarm.Peers.Touch(loser);
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

            // Pieces with blocks of other peers are left to other peers, unless no request is outstanding at all.
            if (alone > 0 || (peer.OnParole && AnyIsAsked()))
                return alone;
        }
        else if (!swarm.FailedPieces.All.IsEmpty)
        {
            int suspect = swarm.Picker.PickAlone(peer.Index, peer.Have, swarm.FailedPieces.All, destination);
            if (suspect > 0)
                return suspect;
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

    private bool AnyIsAsked()
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.Requests.Count > 0)
                return true;
        }

        return false;
    }
}
