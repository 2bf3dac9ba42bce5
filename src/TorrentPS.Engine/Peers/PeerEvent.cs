using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>One message received from a peer or a web seed, copied out of the receive buffer.</summary>
internal readonly struct PeerEvent
{
    public PeerMessageId Id { get; init; }

    /// <summary>The extended message id (BEP 10); only for <see cref="PeerMessageId.Extended"/>.</summary>
    public byte ExtendedId { get; init; }

    /// <summary>The UDP port of the peer's DHT node (BEP 5); only for <see cref="PeerMessageId.Port"/>.</summary>
    public ushort Port { get; init; }

    /// <summary>
    /// The piece or block in the message. For a message with a piece index only, offset and length are 0.
    /// </summary>
    public BlockAddress Address { get; init; }

    /// <summary>
    /// The received data of a piece message; null for other messages. The handler of the message owns the block, and
    /// must give it back to the block pool or pass it on.
    /// </summary>
    public Block? Block { get; init; }

    /// <summary>A copy of the payload of a bitfield or extended message; null for other messages.</summary>
    public byte[]? Body { get; init; }
}
