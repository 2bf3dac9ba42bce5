using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>A block comes in, or does not: piece and reject.</summary>
internal sealed class BlockHandler(SwarmState swarm, Requester requester)
{
    /// <summary>After so many blocks and rejects that nobody asked for a connection ends: it floods.</summary>
    private const int MaxUnasked = 512;

    /// <summary>Takes a block: to storage when it is lacking, back to the pool when not.</summary>
    public void OnPiece(Peer peer, BlockAddress address, Block block)
    {
        peer.Downloaded += address.Length;
        swarm.Totals.Downloaded += address.Length;
        bool asked = peer.Requests.Remove(address, out long sent);
        if (asked)
            NoteService(peer, sent);
        else if (peer.TakenBack > 0)
            peer.LastBlock = swarm.Now; // Late, but it does send.

        // What was given up may still come and be welcome; what was never thought of must not take memory.
        bool welcome = swarm.State == TorrentState.Downloading
            && (asked || (swarm.Geometry.IsBlock(address) && swarm.Picker.BlocksReceived(address.Piece) > 0));
        if (!welcome || swarm.Picker.MarkReceived(address, peer.Index).Outcome != BlockOutcome.Accepted)
        {
            Waste(peer, address, block, asked);
            return;
        }

        requester.CancelElsewhere(address, peer);
        swarm.Store.Submit(address, block);
    }

    /// <summary>The peer will not send a block (BEP 6).</summary>
    public void OnReject(Peer peer, BlockAddress address)
    {
        if (!peer.Requests.Remove(address, out _))
        {
            ChargeUnasked(peer);
            return;
        }

        swarm.Picker.Release(address, peer.Index);
        if (peer.IsChokingUs)
        {
            // It may take a permission back (BEP 6); asking on would only be refused again.
            peer.AllowedFast.Remove(address.Piece);
            return;
        }

        peer.RequestOutcomes.OnReject();
        if (peer.RequestOutcomes.RejectsMost)
            peer.Disconnect(DisconnectReason.ServesNothing);
    }

    private void NoteService(Peer peer, long sent)
    {
        peer.LastBlock = peer.LastService = swarm.Now;
        peer.RequestOutcomes.OnBlock();
        TimeSpan took = swarm.Since(sent);
        if (peer.RoundTrip is null || took < peer.RoundTrip)
            peer.RoundTrip = took;
        if (peer.IsSnubbed)
            peer.Depth.Restart();
        peer.Depth.OnBlock();
        peer.Timeout.OnBlock(took);
    }

    private void Waste(Peer peer, BlockAddress address, Block block, bool asked)
    {
        swarm.Blocks.Return(block);
        peer.Wasted += address.Length;
        swarm.Totals.Wasted += address.Length;
        if (!asked)
            ChargeUnasked(peer);
    }

    /// <summary>An answer to what was taken back crossed the cancel; any other that nobody asked for is an offence.</summary>
    private static void ChargeUnasked(Peer peer)
    {
        if (peer.TakenBack > 0)
            peer.TakenBack--;
        else if (++peer.Offences > MaxUnasked)
            peer.Disconnect(DisconnectReason.ProtocolError, "It sent too many blocks or rejects that were not requested.");
    }
}
