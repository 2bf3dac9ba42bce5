using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Handles the request and cancel messages of peers.</summary>
internal sealed class UploadHandler(SwarmState swarm, AllowedFastHandler allowedFast)
{
    /// <summary>
    /// Maximum number of requests queued for one peer, announced as <c>reqq</c> (BEP 10). Equals the maximum number of
    /// requests that this client keeps open at a peer.
    /// </summary>
    public const int MaxQueuedRequests = RequestDepth.DefaultMaxDepth;

    /// <summary>
    /// Maximum length of a requested block in bytes. Some clients request more than 16 KiB; most clients allow 128 KiB.
    /// </summary>
    private const int MaxRequestLength = 128 * 1024;

    /// <summary>
    /// Maximum number of violations of a peer, checked at each request that cannot be served. A peer with more
    /// violations is disconnected. The value allows two full queues of requests that cannot be served.
    /// </summary>
    private const int MaxViolations = 2 * MaxQueuedRequests;

    /// <summary>
    /// Time after a choke in which further requests are not violations. The peer may have sent them before it received
    /// the choke, and slow links buffer messages for long.
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

        // The peer may have sent the request before it received the choke. That is no violation.
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
    /// Removes the blocks queued for a peer that was just choked, and rejects them if the peer has the Fast extension
    /// (BEP 6). For such a peer, the remaining blocks of a piece sent in part stay queued, because a part of a piece is
    /// of little use to it.
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
