using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>A request goes out: request and cancel.</summary>
internal sealed class UploadHandler(SwarmState swarm, AllowedFastHandler favours)
{
    /// <summary>
    /// How many requests of one peer we keep; told to it as <c>reqq</c> (BEP 10). As many as we would ask of another, so that a fast
    /// and distant link can be filled by one connection; each is a descriptor of 12 bytes.
    /// </summary>
    public const int MaxQueuedRequests = RequestDepth.DefaultMaxDepth;

    /// <summary>The longest request served: some clients ask for more than a block, none for more than this.</summary>
    private const int MaxRequestLength = 128 * 1024;

    /// <summary>Requests that can't be met end a connection after so many: it floods or lies.</summary>
    private const int MaxOffences = 2 * MaxQueuedRequests;

    /// <summary>How long after a choke requests may come that were sent before it.</summary>
    private static readonly TimeSpan s_crossing = TimeSpan.FromMinutes(1);

    private readonly List<BlockAddress> _taken = [];

    public void OnRequest(Peer peer, BlockAddress block)
    {
        bool possible = swarm.Geometry.IsWithin(block)
            && block.Length <= MaxRequestLength
            && swarm.Picker.Have.Contains(block.Piece);
        if (possible && peer.QueuedBlocks < MaxQueuedRequests && (!peer.AmChoking || favours.TryServe(peer, block)))
        {
            peer.Wire?.QueueBlock(block);
            swarm.Peers.Touch(peer);
            return;
        }

        // A request that crossed our choke is no offence.
        bool crossed = possible && peer.AmChoking && peer.ChokedAt is { } choked && swarm.Uptime - choked < s_crossing;
        if (!crossed && ++peer.Offences > MaxOffences)
            peer.Disconnect(DisconnectReason.ProtocolError, "It sent too many requests that cannot be served.");
        else
            Reject(peer, block);
    }

    public void OnCancel(Peer peer, BlockAddress block)
    {
        if (peer.Wire?.TryUnqueueBlock(block) == true)
            Reject(peer, block);
    }

    /// <summary>
    /// Takes back what a peer that is being choked was promised; with the Fast extension it is told (BEP 6), and gets the rest of the
    /// piece it is getting: part of a piece is of use to nobody, and somebody would have to send all of it again.
    /// </summary>
    public void DropQueue(Peer peer)
    {
        peer.Wire?.UnqueueBlocks(_taken);
        PieceIndex? begun = peer.SupportsFast && _taken.Count > 0 && _taken[0].Begin > 0 ? _taken[0].Piece : null;
        foreach (BlockAddress block in _taken)
        {
            if (block.Piece == begun)
                peer.Wire?.QueueBlock(block);
            else
                Reject(peer, block);
        }

        _taken.Clear();
    }

    private void Reject(Peer peer, BlockAddress block)
    {
        if (!peer.SupportsFast)
            return;
        peer.Wire?.SendReject(block);
        swarm.Peers.Touch(peer);
    }
}
