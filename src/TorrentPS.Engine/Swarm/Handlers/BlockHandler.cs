using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>A block comes in, or does not: piece and reject.</summary>
internal sealed class BlockHandler(SwarmState swarm, Requester requester)
{
    /// <summary>After so many blocks that nobody asked for a connection ends: it floods.</summary>
    private const int MaxUnaskedBlocks = 512;

    /// <summary>Takes a block: to storage when it is lacking, back to the pool when not.</summary>
    public void OnPiece(Peer peer, BlockAddress address, Block block)
    {
        peer.Downloaded += address.Length;
        swarm.Totals.Downloaded += address.Length;
        bool asked = peer.Requests.Remove(address, out long sent);
        if (asked)
            NoteService(peer, sent);

        // What was given up may still come and be welcome; what was never thought of must not take memory.
        bool welcome = swarm.State == TorrentState.Downloading
            && (asked || (swarm.Settings.Geometry.IsBlock(address) && swarm.Picker.BlocksReceived(address.Piece) > 0));
        if (!welcome || swarm.Picker.MarkReceived(address, peer.Slot).Outcome != BlockOutcome.Accepted)
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
            return;
        swarm.Picker.Release(address, peer.Slot);

        // A piece it gives although it chokes us it must not refuse.
        if (peer.IsChokingUs)
            peer.AllowedFast.Remove(address.Piece);
    }

    private void NoteService(Peer peer, long sent)
    {
        peer.LastBlock = swarm.Now;
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
        if (asked)
            return;
        if (peer.TakenBack > 0)
            peer.TakenBack--;
        else if (++peer.Offences > MaxUnaskedBlocks)
            peer.Disconnect(DisconnectReason.ProtocolError);
    }
}
