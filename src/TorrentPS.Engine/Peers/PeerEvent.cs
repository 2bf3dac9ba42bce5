using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Peers;

/// <summary>One message of a peer after it left the receive buffer: plain values, and at most one thing it owns.</summary>
internal readonly struct PeerEvent
{
    /// <summary>What was said.</summary>
    public PeerMessageId Id { get; init; }

    /// <summary>Which extended message, when <see cref="Id"/> is <see cref="PeerMessageId.Extended"/>.</summary>
    public byte ExtendedId { get; init; }

    /// <summary>The UDP port of a port message.</summary>
    public ushort Port { get; init; }

    /// <summary>The piece or block it is about.</summary>
    public BlockAddress Address { get; init; }

    /// <summary>The received block of a piece message; whoever handles the event owns it.</summary>
    public Block? Block { get; init; }

    /// <summary>The body of a bitfield or extended message, copied.</summary>
    public byte[]? Body { get; init; }
}
