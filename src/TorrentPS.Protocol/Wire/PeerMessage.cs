using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>
/// A received peer wire message. Its payload is a slice of the receive buffer, so the message is valid only until the
/// buffer is reused.
/// </summary>
public readonly ref struct PeerMessage
{
    /// <summary>Message id. It determines which of the other properties are set.</summary>
    public PeerMessageId Id { get; init; }

    /// <summary>
    /// Piece index in a have, request, piece, cancel, suggest piece, reject request or allowed fast message.
    /// </summary>
    public PieceIndex Piece { get; init; }

    /// <summary>Offset in the piece, in bytes, in a request, piece, cancel or reject request message.</summary>
    public int Begin { get; init; }

    /// <summary>
    /// Length in bytes of the block in a request, cancel or reject request message, or of the data in a piece message.
    /// </summary>
    public int Length { get; init; }

    /// <summary>
    /// Data of a piece message, bytes of a bitfield message, payload of an extended message, or body of a message with
    /// an unknown id. In other messages it is empty.
    /// </summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Extended message id of an extended message. 0 is the id of the extension handshake (BEP 10).</summary>
    public byte ExtendedId { get; init; }

    /// <summary>UDP port of the sender's DHT node, in a port message (BEP 5).</summary>
    public ushort Port { get; init; }

    /// <summary>Address of the block in a request, piece, cancel or reject request message.</summary>
    public BlockAddress Block => new(Piece, Begin, Length);
}
