using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// A source of blocks as the swarm loop sees it: a peer's connection or a web seed. No member waits for I/O. Requests
/// and cancels leave at the next <see cref="Flush"/>.
/// </summary>
internal interface IBlockSource
{
    /// <summary>Remote address and port.</summary>
    IPEndPoint EndPoint { get; }

    /// <summary>
    /// Index in the swarm's peer table, or -1 while the source is not in the table. Only the swarm loop uses it.
    /// </summary>
    int TableIndex { get; set; }

    /// <summary>Bytes transferred since the connection began.</summary>
    PeerTraffic Traffic { get; }

    /// <summary>
    /// Whether this client is delaying the source: a rate limit, an empty block pool, or batches that the loop has not
    /// handled yet. The loop doesn't count a delay during that time against the source.
    /// </summary>
    bool IsHeldBack { get; }

    /// <summary>Requests a block.</summary>
    void Request(BlockAddress block);

    /// <summary>Cancels a request. The block may still arrive.</summary>
    void Cancel(BlockAddress block);

    /// <summary>
    /// Sends the queued messages. Small messages may be sent on the caller's thread; blocks never are.
    /// </summary>
    void Flush();

    /// <summary>Returns a handled batch, so that the receive loop can fill it again.</summary>
    void Recycle(MessageBatch batch);

    /// <summary>
    /// Closes the connection. <see cref="IPeerEvents.Closed"/> follows when its I/O loops have ended.
    /// </summary>
    /// <param name="reason">The reason. It has no effect when the connection is closing already.</param>
    /// <param name="detail">What exactly happened, in a sentence, or null when the reason says all.</param>
    void Close(DisconnectReason reason, string? detail = null);
}

/// <summary>
/// Receives the events of a source of blocks. Called from I/O loops, so an implementation only posts to the mailbox.
/// </summary>
internal interface IPeerEvents
{
    /// <summary>
    /// Messages were received. The receiver returns the batch with <see cref="IBlockSource.Recycle"/>.
    /// </summary>
    void Received(IBlockSource source, MessageBatch batch);

    /// <summary>The connection is closed and its I/O loops have ended. It is the last event of this source.</summary>
    /// <param name="source">The closed source.</param>
    /// <param name="reason">The first reason given for the close.</param>
    /// <param name="detail">The error's message, or null when the reason says all.</param>
    void Closed(IBlockSource source, DisconnectReason reason, string? detail);
}

/// <summary>Bytes transferred over one connection.</summary>
/// <param name="Received">All bytes received; for a web seed the content only.</param>
/// <param name="Sent">All bytes sent.</param>
/// <param name="PayloadSent">Content bytes sent, without message headers.</param>
internal readonly record struct PeerTraffic(long Received, long Sent, long PayloadSent);
