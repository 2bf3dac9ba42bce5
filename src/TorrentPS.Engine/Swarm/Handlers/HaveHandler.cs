using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Announces verified pieces to peers. Have messages wait while many bytes are queued for a peer: a fast download
/// verifies pieces faster than a slow peer can be told, and a full message queue would end the connection.
/// </summary>
internal sealed class HaveHandler(SwarmState swarm)
{
    /// <summary>
    /// Number of bytes queued for a peer at which have messages begin to wait. They are 7,000 have messages, one eighth
    /// of the message queue.
    /// </summary>
    public const int MaxBacklog = 64 * 1024;

    /// <summary>Announces a verified piece to a peer, at once or when fewer bytes are queued for the peer.</summary>
    public void Announce(Peer peer, PieceIndex piece)
    {
        peer.WaitingHaves.Enqueue(piece);
        Send(peer);
    }

    /// <summary>Sends have messages that wait, as far as the queues of the peers have room.</summary>
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
            peer.Wire.SendHave(piece);
            swarm.Peers.Touch(peer);
        }
    }
}
