using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Handles the answers to requests: piece and reject messages.</summary>
internal sealed class BlockHandler(SwarmState swarm, Requester requester)
{
    /// <summary>Passes a received block to storage. Gives it back to the block pool if it is not needed.</summary>
    public void OnPiece(Peer peer, BlockAddress address, Block block)
    {
        peer.Downloaded += address.Length;
        swarm.Totals.Downloaded += address.Length;
        bool wasRequested = peer.Requests.Remove(address, out long sent);
        if (wasRequested)
            OnRequestedBlock(peer, sent);
        else if (peer.WithdrawnRequests > 0)
            peer.RequestTimerStart = swarm.Now; // It may answer a withdrawn request.

        // A late block of a partial piece is useful. Unsolicited blocks of other pieces must not use memory.
        bool isUseful = swarm.State == TorrentState.Downloading
            && (wasRequested || (swarm.Geometry.IsBlock(address) && swarm.Picker.BlocksReceived(address.Piece) > 0));
        if (!isUseful || swarm.Picker.MarkReceived(address, peer.Index).Outcome != BlockOutcome.Accepted)
        {
            Discard(peer, address, block, wasRequested);
            return;
        }

        requester.CancelElsewhere(address, peer);
        swarm.Store.Submit(address, block);
    }

    /// <summary>Handles a reject message: the peer will not send the requested block (BEP 6).</summary>
    public void OnReject(Peer peer, BlockAddress address)
    {
        if (!peer.Requests.Remove(address, out _))
        {
            ChargeUnsolicited(peer);
            return;
        }

        swarm.Picker.Release(address, peer.Index);
        if (peer.IsChokingUs)
        {
            // A choking peer may withdraw allowed fast by a reject (BEP 6). Further requests would be rejected too.
            peer.AllowedFast.Remove(address.Piece);
            return;
        }

        peer.RequestOutcomes.OnReject();
        if (peer.RequestOutcomes.RejectsMost)
            peer.Disconnect(DisconnectReason.ServesNothing);
    }

    private void OnRequestedBlock(Peer peer, long sent)
    {
        peer.RequestTimerStart = peer.SnubTimerStart = swarm.Now;
        peer.RequestOutcomes.OnBlock();
        TimeSpan elapsed = swarm.Since(sent);
        if (peer.RoundTrip is null || elapsed < peer.RoundTrip)
            peer.RoundTrip = elapsed;
        if (peer.IsSnubbed)
            peer.Depth.Restart();
        peer.Depth.OnBlock();
        peer.Timeout.OnBlock(elapsed);
    }

    private void Discard(Peer peer, BlockAddress address, Block block, bool wasRequested)
    {
        swarm.Blocks.Return(block);
        peer.Wasted += address.Length;
        swarm.Totals.Wasted += address.Length;
        if (!wasRequested)
            ChargeUnsolicited(peer);
    }

    /// <summary>
    /// Charges the peer for an unsolicited block or reject, unless it may be the answer to a withdrawn request.
    /// </summary>
    private void ChargeUnsolicited(Peer peer)
    {
        if (peer.WithdrawnRequests > 0)
            peer.WithdrawnRequests--;
        else
            peer.Charge(
                FloodLimit.UnsolicitedBlock, swarm.Uptime, "blocks or rejects that were not requested");
    }
}
