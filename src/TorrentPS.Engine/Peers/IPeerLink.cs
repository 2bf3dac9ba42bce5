using System.Net;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// What the swarm loop asks of a connected peer. Everything returns at once; messages leave in order at the next <see cref="Flush"/>,
/// blocks after them as the rate limit allows.
/// </summary>
internal interface IPeerLink
{
    /// <summary>Where the peer is.</summary>
    IPEndPoint EndPoint { get; }

    /// <summary>The number by which the loop finds what it knows of the peer; -1 while it knows nothing. Nobody else looks at it.</summary>
    int Number { get; set; }

    /// <summary>Bytes moved so far.</summary>
    PeerTraffic Traffic { get; }

    /// <summary>
    /// Whether we ourselves keep the peer's bytes waiting: a rate limit, an empty block pool, or messages the loop has not handled yet.
    /// What does not come meanwhile is not the peer's fault.
    /// </summary>
    bool IsHeldBack { get; }

    /// <summary>Blocks queued for the peer and not yet sent.</summary>
    int QueuedBlocks { get; }

    /// <summary>Bytes of messages other than blocks that wait to be sent.</summary>
    int QueuedBytes { get; }

    /// <summary>How fast blocks may leave for this peer, in bytes/s, beside the torrent's and the session's limits; null is unlimited.</summary>
    long? UploadLimit { get; set; }

    /// <summary>Sends a message without a body.</summary>
    void Send(PeerMessageId id);

    /// <summary>Sends a message about a piece: have, suggest, allowed fast.</summary>
    void Send(PeerMessageId id, PieceIndex piece);

    /// <summary>Sends a message about a block: request, cancel, reject.</summary>
    void Send(PeerMessageId id, BlockAddress block);

    /// <summary>Sends the UDP port of our DHT node (BEP 5).</summary>
    void Send(ushort dhtPort);

    /// <summary>Sends which pieces we have.</summary>
    void Send(Bitfield pieces);

    /// <summary>Sends an extended message (BEP 10).</summary>
    void Send(byte extendedId, ReadOnlySpan<byte> payload);

    /// <summary>Queues a block to be read and sent.</summary>
    void QueueBlock(BlockAddress block);

    /// <summary>Takes a block back that is not being sent yet.</summary>
    bool TryCancel(BlockAddress block);

    /// <summary>Takes all blocks back that are not being sent yet.</summary>
    /// <param name="taken">Receives them, in order.</param>
    void CancelAll(List<BlockAddress> taken);

    /// <summary>Lets what was sent go. Small messages may leave on the caller's thread; blocks never do.</summary>
    void Flush();

    /// <summary>Gives a handled batch back; the receive pump goes on with it.</summary>
    void Recycle(MessageBatch batch);

    /// <summary>Ends the connection; <see cref="IPeerEvents.Closed"/> follows once its pumps have ended.</summary>
    void Close(DisconnectReason reason);
}

/// <summary>What a connection tells the swarm; called from its tasks, so an implementation only posts.</summary>
internal interface IPeerEvents
{
    /// <summary>Messages came. The receiver gives the batch back with <see cref="IPeerLink.Recycle"/>.</summary>
    void Received(IPeerLink link, MessageBatch batch);

    /// <summary>The connection is over and its pumps have ended; nothing more comes from it.</summary>
    void Closed(IPeerLink link, DisconnectReason reason, string? detail);
}

/// <summary>Bytes moved over one connection.</summary>
/// <param name="Received">All bytes received.</param>
/// <param name="Sent">All bytes sent.</param>
/// <param name="PayloadSent">The content among the bytes sent.</param>
internal readonly record struct PeerTraffic(long Received, long Sent, long PayloadSent);
