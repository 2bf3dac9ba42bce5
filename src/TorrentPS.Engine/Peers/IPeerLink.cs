using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// A peer's connection as the swarm loop sees it: a source of blocks that also receives blocks and messages. Messages
/// leave in the order of the calls at the next <see cref="IBlockSource.Flush"/>; queued blocks follow them as the rate
/// limit allows.
/// </summary>
internal interface IPeerLink : IBlockSource
{
    /// <summary>Number of blocks queued for the peer and not yet sent.</summary>
    int QueuedBlocks { get; }

    /// <summary>Size in bytes of the messages, without blocks, that are queued and not yet sent.</summary>
    int QueuedBytes { get; }

    /// <summary>
    /// Maximum rate for blocks to this peer in bytes/s, or null for unlimited. The limits of the torrent and the
    /// session apply as well.
    /// </summary>
    long? UploadLimit { get; set; }

    /// <summary>Sends a keep-alive: a message without id or body.</summary>
    void SendKeepAlive();

    void SendChoke();

    void SendUnchoke();

    void SendInterested();

    void SendNotInterested();

    void SendHave(PieceIndex piece);

    void SendBitfield(Bitfield pieces);

    /// <summary>Sends have all (BEP 6) instead of a bitfield: this client has every piece.</summary>
    void SendHaveAll();

    /// <summary>Sends have none (BEP 6) instead of a bitfield: this client has no piece.</summary>
    void SendHaveNone();

    /// <summary>Sends a suggest piece message (BEP 6).</summary>
    void SendSuggest(PieceIndex piece);

    /// <summary>Sends an allowed fast message (BEP 6).</summary>
    void SendAllowedFast(PieceIndex piece);

    /// <summary>Sends a reject request message (BEP 6).</summary>
    void SendReject(BlockAddress block);

    /// <summary>Sends the UDP port of this client's DHT node (BEP 5).</summary>
    void SendPort(ushort dhtPort);

    /// <summary>Sends an extended message (BEP 10).</summary>
    /// <param name="extendedId">
    /// The id that the peer assigned to the message's type, or 0 for the extension handshake.
    /// </param>
    /// <param name="payload">The body after the id.</param>
    void SendExtended(byte extendedId, ReadOnlySpan<byte> payload);

    /// <summary>Queues a requested block. The send loop reads it from storage just before sending.</summary>
    void QueueBlock(BlockAddress block);

    /// <summary>Removes a queued block. Returns false when it is not queued or its sending has begun.</summary>
    bool TryUnqueueBlock(BlockAddress block);

    /// <summary>Removes all queued blocks whose sending has not begun.</summary>
    /// <param name="removed">The removed blocks are appended to it, in order.</param>
    void UnqueueBlocks(List<BlockAddress> removed);
}
