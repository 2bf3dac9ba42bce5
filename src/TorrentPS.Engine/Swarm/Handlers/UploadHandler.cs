using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Handles the requests of peers: request and cancel.</summary>
internal sealed class UploadHandler(SwarmState swarm, AllowedFastHandler allowedFast)
{
    /// <summary>
    /// Maximum queued requests of one peer, announced as <c>reqq</c> (BEP 10). It equals the maximum request depth of
    /// this client, which fills a fast and distant link by one connection. Each request takes 12 bytes.
    /// </summary>
    public const int MaxQueuedRequests = RequestDepth.DefaultMaxDepth;

    /// <summary>
    /// Maximum length of a request in bytes. Some clients request more than a block; 128 KiB is the usual limit of
    /// clients.
    /// </summary>
    private const int MaxRequestLength = 128 * 1024;

    /// <summary>
    /// Maximum requests of a peer that can't be served. More end the connection. A client that sends one full queue of
    /// bad requests stays connected.
    /// </summary>
    private const int MaxViolations = 2 * MaxQueuedRequests;

    /// <summary>
    /// Time after a choke during which requests may still arrive that were sent before it. They may have waited in the
    /// send buffers of a slow link.
    /// </summary>
    private static readonly TimeSpan s_crossing = TimeSpan.FromMinutes(1);

    private readonly List<BlockAddress> _taken = [];

    public void OnRequest(Peer peer, BlockAddress block)
    {
        bool canServe = swarm.Geometry.IsWithin(block)
            && block.Length <= MaxRequestLength
            && swarm.Picker.Have.Contains(block.Piece);
        if (canServe && peer.QueuedBlocks < MaxQueuedRequests && (!peer.AmChoking || allowedFast.TryServe(peer, block)))
        {
            peer.Wire?.QueueBlock(block);
            swarm.Peers.Touch(peer);
            return;
        }

        // A request that crossed the choke is not a violation.
        bool crossed = canServe && peer.AmChoking && peer.ChokedAt is { } choked && swarm.Uptime - choked < s_crossing;
        if (!crossed && ++peer.Violations > MaxViolations)
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
    /// Removes the queued blocks of a peer that was just choked, with rejects if it has the Fast extension (BEP 6). The
    /// remaining blocks of the piece being sent stay queued then, because a part of a piece is of no use to the peer.
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
