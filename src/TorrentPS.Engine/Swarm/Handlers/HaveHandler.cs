using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Announces verified pieces to peers. While many bytes are queued for a peer, the handler delays further have messages
/// to that peer. Otherwise a fast download could queue have messages faster than a slow peer receives them, and a full
/// message queue would close the connection.
/// </summary>
internal sealed class HaveHandler(SwarmState swarm)
{
    /// <summary>
    /// Number of bytes queued for a peer at which the handler begins to delay have messages. The value is one eighth of
    /// the maximum size of the message queue, so that other messages still have room.
    /// </summary>
    public const int MaxBacklog = 64 * 1024;

    /// <summary>
    /// Announces a verified piece to a peer. If <see cref="MaxBacklog"/> bytes or more are queued for the peer, the
    /// have message waits.
    /// </summary>
    public void Announce(Peer peer, PieceIndex piece)
    {
        peer.WaitingHaves.Enqueue(piece);
        Send(peer);
    }

    /// <summary>
    /// Sends the waiting have messages to each peer for which fewer than <see cref="MaxBacklog"/> bytes are queued.
    /// </summary>
    public void OnTick()
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.WaitingHaves.Count > 0)
                Send(peer);
        }
    }

    private void Send(Peer peer)
    {
        while (!peer.IsClosing && peer.Wire?.QueuedBytes < MaxBacklog
            && peer.WaitingHaves.TryDequeue(out PieceIndex piece))
        {
            peer.SendHave(piece);
            swarm.Peers.Touch(peer);
        }
    }
}
