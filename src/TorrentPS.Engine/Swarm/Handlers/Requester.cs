using System.Runtime.InteropServices;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Keeps every useful peer busy: which blocks is the picker's choice, how many the request depth's.</summary>
internal sealed class Requester(SwarmState swarm)
{
    /// <summary>A peer that can send a whole piece in this time gets pieces of its own.</summary>
    private static readonly TimeSpan s_wholePieceTime = TimeSpan.FromSeconds(20);

    private const int BlocksPerPick = 64;

    /// <summary>Only when a peer holds so many times what it should is something taken back: rates waver.</summary>
    private const int ExcessThatCounts = 4;

    /// <summary>Says whether we want something of the peer, when that has changed.</summary>
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

    /// <summary>Asks the peer for as many blocks as it should have under way.</summary>
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
    /// Asks all peers, those that keep us waiting last: what one of them was just relieved of must not go straight back to it.
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

    /// <summary>Gives up all that was asked of the peer; others may be asked.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancel">Whether the peer is told.</param>
    public void ReleaseAll(Peer peer, bool cancel)
    {
        while (peer.Requests.Count > 0)
        {
            BlockAddress block = peer.Requests.Dequeue();
            swarm.Picker.Release(block, peer.Index);
            peer.TakenBack++;
            if (cancel)
                peer.Link.Cancel(block);
        }

        if (cancel)
            swarm.Peers.Touch(peer);
    }

    /// <summary>
    /// Takes back what was asked last of a peer that has become much slower: others send it sooner than it comes at the end of that queue.
    /// </summary>
    public void Trim(Peer peer)
    {
        int keep = peer.Depth.Depth;
        if (peer.IsClosing || peer.Requests.Count <= keep * ExcessThatCounts)
            return;
        while (peer.Requests.Count > keep)
        {
            BlockAddress block = peer.Requests.TakeLast();
            swarm.Picker.Release(block, peer.Index);
            peer.TakenBack++;
            peer.Link.Cancel(block);
        }

        swarm.Peers.Touch(peer);
    }

    /// <summary>Takes a block back from everybody who was asked for it: it came, or is wanted no more.</summary>
    /// <param name="block">The block.</param>
    /// <param name="winner">Who sent it and needs no cancel, if anybody.</param>
    public void CancelElsewhere(BlockAddress block, Peer? winner)
    {
        // A copy, since each release changes the picker's own list.
        ReadOnlySpan<PeerIndex> asked = swarm.Picker.Requesters(block);
        Span<PeerIndex> losers = stackalloc PeerIndex[PartialPiece.MaxRequesters];
        asked.CopyTo(losers);
        foreach (PeerIndex index in losers[..asked.Length])
        {
            swarm.Picker.Release(block, index);
            if (index == winner?.Index || swarm.Peers.Find(index) is not { } loser || !loser.Requests.Remove(block, out _))
                continue;
            loser.TakenBack++;
            loser.Link.Cancel(block);
            swarm.Peers.Touch(loser);
        }
    }

    private int Pick(Peer peer, Span<BlockAddress> destination)
    {
        if (!peer.IsProven)
            destination = destination[..Math.Min(destination.Length, UnprovenPeerLimit.BlocksLeft(swarm.Geometry.BlocksPerPiece, swarm.Picker.UnverifiedBlocks(peer.Index)))];
        if (destination.IsEmpty)
            return 0;
        if (peer.IsChokingUs)
            return PickAllowed(peer, destination);
        if (peer.OnParole || !peer.IsProven)
        {
            int alone = swarm.Picker.PickAlone(peer.Index, peer.Have, destination);

            // Pieces that others had a part in are for others, unless the download would stand still.
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
            int suggested = swarm.Picker.PickSuggested(peer.Index, peer.Have, CollectionsMarshal.AsSpan(peer.Suggested), destination);
            if (suggested > 0)
                return suggested;
        }

        if (swarm.Picker.HasDeadlines)
        {
            int urgent = swarm.Picker.PickTimeCritical(peer.Index, peer.Have, swarm.Uptime, swarm.Peers.Rates, destination);
            if (urgent > 0)
                return urgent;
        }

        long rate = peer.DownloadMeter.Rate;
        int wholePiece = (int)Math.Min(rate * s_wholePieceTime.TotalSeconds / TorrentGeometry.BlockLength, int.MaxValue);
        int count = swarm.Picker.Pick(peer.Index, peer.Have, wholePiece, destination);
        if (count > 0 || peer.Requests.Count > 0 || !swarm.Picker.AllRequested)
            return count;
        int depth = Math.Min(Endgame.MaxDuplicates(rate), destination.Length);
        return swarm.Picker.PickEndgame(peer.Index, peer.Have, Endgame.MaxRequesters, swarm.Peers.Rates, destination[..depth]);
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
