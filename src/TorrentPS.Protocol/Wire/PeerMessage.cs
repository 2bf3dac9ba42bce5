using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>A peer wire message. It refers to the receive buffer, and is valid only until that is reused.</summary>
public readonly ref struct PeerMessage
{
    /// <summary>Message id. It determines which of the other properties are set.</summary>
    public PeerMessageId Id { get; init; }

    /// <summary>Piece index of have, request, piece, cancel, suggest piece, reject request and allowed fast.</summary>
    public PieceIndex Piece { get; init; }

    /// <summary>Offset in the piece, in bytes, of request, piece, cancel and reject request.</summary>
    public int Begin { get; init; }

    /// <summary>Length in bytes: of the block in request, cancel and reject request; of the data in piece.</summary>
    public int Length { get; init; }

    /// <summary>
    /// Data of piece, bytes of bitfield, payload of extended, or body of a message with an unknown id.
    /// </summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Extended message id; 0 is the extension handshake (BEP 10).</summary>
    public byte ExtendedId { get; init; }

    /// <summary>UDP port of the sender's DHT node, in port (BEP 5).</summary>
    public ushort Port { get; init; }

    /// <summary>Block that request, piece, cancel and reject request refer to.</summary>
    public BlockAddress Block => new(Piece, Begin, Length);
}
