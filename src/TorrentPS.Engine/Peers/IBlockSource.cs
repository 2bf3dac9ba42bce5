using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// A source from which the swarm loop requests blocks: a peer's connection or a web seed. No member waits for I/O.
/// Requests and cancels are queued until the next <see cref="Flush"/>.
/// </summary>
internal interface IBlockSource
{
    IPEndPoint EndPoint { get; }

    /// <summary>
    /// Index in the swarm's peer table; −1 while the source isn't in the table. Only the swarm loop uses it.
    /// </summary>
    int TableIndex { get; set; }

    PeerTraffic Traffic { get; }

    /// <summary>
    /// Whether this client delays the source: by a rate limit, by an empty block pool, or because the swarm loop hasn't
    /// handled earlier batches yet. Requests to the source don't time out because of such a delay.
    /// </summary>
    bool IsHeldBack { get; }

    void Request(BlockAddress block);

    /// <summary>Queues the cancellation of a request. The block may still arrive.</summary>
    void Cancel(BlockAddress block);

    /// <summary>
    /// Sends the queued messages. Small messages may be sent on the caller's thread, but blocks never are.
    /// </summary>
    void Flush();

    /// <summary>Gives a batch back to the source's I/O loop, after its messages have been handled.</summary>
    void Recycle(MessageBatch batch);

    /// <summary>
    /// Begins to close the connection. <see cref="IPeerEvents.Closed"/> is called when its I/O loops have ended.
    /// </summary>
    /// <param name="reason">Why the connection is closed. Ignored if it is closing already.</param>
    /// <param name="detail">A sentence with more detail, or null.</param>
    void Close(DisconnectReason reason, string? detail = null);
}

/// <summary>
/// Receives the events of block sources. The methods are called on I/O loops, so they should only post to the mailbox
/// of the swarm loop.
/// </summary>
internal interface IPeerEvents
{
    /// <summary>
    /// Called when messages were received. The batch must be given back with <see cref="IBlockSource.Recycle"/> after
    /// its messages have been handled.
    /// </summary>
    void Received(IBlockSource source, MessageBatch batch);

    /// <summary>
    /// Called when the connection is closed and its I/O loops have ended. No further event of the source follows.
    /// </summary>
    /// <param name="source">The closed source.</param>
    /// <param name="reason">Why the connection was closed.</param>
    /// <param name="detail">A sentence with more detail, such as an error message, or null.</param>
    void Closed(IBlockSource source, DisconnectReason reason, string? detail);
}

/// <summary>Bytes transferred over one connection.</summary>
/// <param name="Received">Bytes received, including protocol messages; for a web seed, content bytes only.</param>
/// <param name="Sent">Bytes sent, including protocol messages; zero for a web seed.</param>
/// <param name="PayloadSent">Content bytes sent, without message headers.</param>
internal readonly record struct PeerTraffic(long Received, long Sent, long PayloadSent);
