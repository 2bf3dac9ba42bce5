using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>One message as it lies in the receive buffer; it is valid only as long as that buffer is.</summary>
public readonly ref struct PeerMessage
{
    /// <summary>What the message says, and so which of the other properties mean something.</summary>
    public PeerMessageId Id { get; init; }

    /// <summary>The piece of have, request, piece, cancel, suggest, reject and allowed fast.</summary>
    public PieceIndex Piece { get; init; }

    /// <summary>The offset inside the piece in bytes, of request, piece, cancel and reject.</summary>
    public int Begin { get; init; }

    /// <summary>The length in bytes of the block asked for, or, of a piece message, of the data that came.</summary>
    public int Length { get; init; }

    /// <summary>The data of a piece, the bytes of a bitfield, the body of an extended message or of one with an unknown id.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Which extended message it is: 0 is the extension handshake (BEP 10).</summary>
    public byte ExtendedId { get; init; }

    /// <summary>The UDP port of a port message (BEP 5).</summary>
    public ushort Port { get; init; }

    /// <summary>The block that request, piece, cancel and reject are about.</summary>
    public BlockAddress Block => new(Piece, Begin, Length);
}
