using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Handles the request and cancel messages of peers.</summary>
internal sealed class UploadHandler(SwarmState swarm, AllowedFastHandler allowedFast)
{
    /// <summary>
    /// Maximum number of requests queued for one peer, announced as <c>reqq</c> (BEP 10). Further requests are rejected
    /// if the peer has the Fast extension (BEP 6). There is no reject message for other peers, so their further
    /// requests are not read from the socket until the queue has room.
    /// </summary>
    public const int MaxQueuedRequests = SendQueue.MaxBlocks;

    /// <summary>
    /// Maximum length in bytes of a requested block. Some clients request more than 16 KiB. Most clients allow up to
    /// 128 KiB.
    /// </summary>
    private const int MaxRequestLength = 128 * 1024;

    /// <summary>
    /// Length of the period after a choke in which requests of the choked peer are not charged. The peer may have sent
    /// the requests before it received the choke, because a slow link can delay messages by many seconds.
    /// </summary>
    private static readonly TimeSpan s_chokeGrace = TimeSpan.FromMinutes(1);

    private readonly List<BlockAddress> _unqueued = [];

    public void OnRequest(Peer peer, BlockAddress block)
    {
        bool canServe = swarm.Geometry.IsWithin(block)
            && block.Length <= MaxRequestLength
            && swarm.Picker.Have.Contains(block.Piece);
        bool hasRoom = !peer.SupportsFast || peer.QueuedBlocks < MaxQueuedRequests;
        if (canServe && hasRoom && (!peer.AmChoking || allowedFast.TryServe(peer, block)))
        {
            peer.Wire?.QueueBlock(block);
            swarm.Peers.Touch(peer);
            return;
        }

        // The peer may have sent the request before it received the choke. That is no violation.
        bool isGrace = canServe && peer.AmChoking
            && peer.ChokedAt is { } choked && swarm.Uptime - choked < s_chokeGrace
            && ++peer.RequestsAfterChoke <= MaxQueuedRequests;
        if (!isGrace)
            peer.Charge(FloodLimit.Request, swarm.Uptime, "requests that cannot be served");
        Reject(peer, block);
    }

    public void OnCancel(Peer peer, BlockAddress block)
    {
        // A cancel is charged even if it finds its request. Otherwise a peer could send and cancel requests forever.
        peer.Charge(FloodLimit.SmallMessage, swarm.Uptime, "cancels");
        if (peer.Wire?.TryUnqueueBlock(block) == true)
            Reject(peer, block);
    }

    /// <summary>
    /// Handles the blocks queued for a peer that was just choked. If the peer lacks the Fast extension (BEP 6), drops
    /// all of them. Otherwise keeps the remaining blocks of a partly sent piece, because an incomplete piece is of
    /// little use, and rejects the others.
    /// </summary>
    public void DropQueue(Peer peer)
    {
        peer.Wire?.UnqueueBlocks(_unqueued);
        PieceIndex? startedPiece =
            peer.SupportsFast && _unqueued.Count > 0 && _unqueued[0].Begin > 0 ? _unqueued[0].Piece : null;
        foreach (BlockAddress block in _unqueued)
        {
            if (block.Piece == startedPiece)
                peer.Wire?.QueueBlock(block);
            else
                Reject(peer, block);
        }

        _unqueued.Clear();
    }

    private void Reject(Peer peer, BlockAddress block)
    {
        if (!peer.SupportsFast || peer.IsClosing)
            return;
        peer.Wire?.SendReject(block);
        swarm.Peers.Touch(peer);
    }
}
