using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// A peer's connection: a block source to which the swarm loop also sends messages and blocks. Messages and blocks are
/// queued. At the next <see cref="IBlockSource.Flush"/>, the messages are sent in the order in which they were queued.
/// The blocks are sent after them, as fast as the rate limits allow.
/// </summary>
internal interface IPeerLink : IBlockSource
{
    /// <summary>Number of queued blocks that the send loop hasn't taken yet.</summary>
    int QueuedBlocks { get; }

    /// <summary>
    /// Size in bytes of the queued messages that the send loop hasn't taken yet. Piece messages don't count.
    /// </summary>
    int QueuedBytes { get; }

    /// <summary>
    /// Maximum upload rate of blocks to this peer, in bytes/s; null for unlimited. The limits of the torrent and the
    /// session apply as well.
    /// </summary>
    long? UploadLimit { get; set; }

    void SendKeepAlive();

    void SendChoke();

    void SendUnchoke();

    void SendInterested();

    void SendNotInterested();

    void SendHave(PieceIndex piece);

    void SendBitfield(Bitfield pieces);

    /// <summary>
    /// Sends a have all message (BEP 6), which replaces the bitfield of a client that has every piece.
    /// </summary>
    void SendHaveAll();

    /// <summary>Sends a have none message (BEP 6), which replaces the bitfield of a client that has no piece.</summary>
    void SendHaveNone();

    void SendSuggest(PieceIndex piece);

    void SendAllowedFast(PieceIndex piece);

    void SendReject(BlockAddress block);

    /// <summary>Sends a port message (BEP 5) with the UDP port of this client's DHT node.</summary>
    void SendPort(ushort dhtPort);

    /// <summary>Sends an extended message (BEP 10).</summary>
    /// <param name="extendedId">
    /// The id that the peer assigned to the message's type, or 0 for the extension handshake.
    /// </param>
    /// <param name="payload">The bytes after the extended message id.</param>
    void SendExtended(byte extendedId, ReadOnlySpan<byte> payload);

    /// <summary>Queues a requested block. The send loop reads it from storage just before sending.</summary>
    void QueueBlock(BlockAddress block);

    /// <summary>Removes a queued block. Returns false if the block isn't queued or is already being sent.</summary>
    bool TryUnqueueBlock(BlockAddress block);

    /// <summary>Removes all queued blocks, except those that are already being sent.</summary>
    /// <param name="removed">The list to which the removed blocks are appended, in the order of the queue.</param>
    void UnqueueBlocks(List<BlockAddress> removed);
}
