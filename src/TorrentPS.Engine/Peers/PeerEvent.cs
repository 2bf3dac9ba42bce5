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
    /// The piece or block that the message names. For messages that name a piece only, offset and length are 0.
    /// </summary>
    public BlockAddress Address { get; init; }

    /// <summary>
    /// The received data of a piece message. The handler of the message owns it and must return it to the pool or pass
    /// it on.
    /// </summary>
    public Block? Block { get; init; }

    /// <summary>A copy of the body of a bitfield or extended message.</summary>
    public byte[]? Body { get; init; }
}
