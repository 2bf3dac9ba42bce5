using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>
/// Writes frames into the caller's buffer (BEP 3, 5, 6, 10). Each method returns the number of bytes written, and throws
/// <see cref="ArgumentOutOfRangeException"/> or <see cref="ArgumentException"/> when the buffer is too small.
/// </summary>
public static class PeerMessageWriter
{
    /// <summary>The length of a keep-alive frame in bytes.</summary>
    public const int KeepAliveLength = 4;

    /// <summary>The length in bytes of a frame with an id and no body, such as choke.</summary>
    public const int FlagLength = 5;

    /// <summary>The length in bytes of have, suggest and allowed fast.</summary>
    public const int HaveLength = 9;

    /// <summary>The length in bytes of request, cancel and reject.</summary>
    public const int RequestLength = 17;

    /// <summary>The length in bytes of what comes before the data in a piece message.</summary>
    public const int PieceHeaderLength = 13;

    /// <summary>The length in bytes of what comes before the body in an extended message.</summary>
    public const int ExtendedHeaderLength = 6;

    /// <summary>The length of a port frame in bytes.</summary>
    public const int PortLength = 7;

    /// <summary>The length in bytes of a bitfield frame for so many pieces.</summary>
    public static int BitfieldLength(int pieceCount) => FlagLength + Bitfield.ByteLength(pieceCount);

    /// <summary>Writes the empty frame that only keeps the connection open.</summary>
    public static int WriteKeepAlive(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, 0);
        return KeepAliveLength;
    }

    /// <summary>Writes choke.</summary>
    public static int WriteChoke(Span<byte> destination) => WriteHead(destination, PeerMessageId.Choke, 0);

    /// <summary>Writes unchoke.</summary>
    public static int WriteUnchoke(Span<byte> destination) => WriteHead(destination, PeerMessageId.Unchoke, 0);

    /// <summary>Writes interested.</summary>
    public static int WriteInterested(Span<byte> destination) => WriteHead(destination, PeerMessageId.Interested, 0);

    /// <summary>Writes not interested.</summary>
    public static int WriteNotInterested(Span<byte> destination) => WriteHead(destination, PeerMessageId.NotInterested, 0);

    /// <summary>Writes have all; only to a peer with <see cref="PeerFeatures.Fast"/>.</summary>
    public static int WriteHaveAll(Span<byte> destination) => WriteHead(destination, PeerMessageId.HaveAll, 0);

    /// <summary>Writes have none; only to a peer with <see cref="PeerFeatures.Fast"/>.</summary>
    public static int WriteHaveNone(Span<byte> destination) => WriteHead(destination, PeerMessageId.HaveNone, 0);

    /// <summary>Writes have.</summary>
    public static int WriteHave(Span<byte> destination, PieceIndex piece) => WritePiece(destination, PeerMessageId.Have, piece);

    /// <summary>Writes suggest; only to a peer with <see cref="PeerFeatures.Fast"/>.</summary>
    public static int WriteSuggest(Span<byte> destination, PieceIndex piece) => WritePiece(destination, PeerMessageId.Suggest, piece);

    /// <summary>Writes allowed fast; only to a peer with <see cref="PeerFeatures.Fast"/>.</summary>
    public static int WriteAllowedFast(Span<byte> destination, PieceIndex piece) =>
        WritePiece(destination, PeerMessageId.AllowedFast, piece);

    /// <summary>Writes request.</summary>
    public static int WriteRequest(Span<byte> destination, BlockAddress block) => WriteBlock(destination, PeerMessageId.Request, block);

    /// <summary>Writes cancel.</summary>
    public static int WriteCancel(Span<byte> destination, BlockAddress block) => WriteBlock(destination, PeerMessageId.Cancel, block);

    /// <summary>Writes reject; only to a peer with <see cref="PeerFeatures.Fast"/>.</summary>
    public static int WriteReject(Span<byte> destination, BlockAddress block) => WriteBlock(destination, PeerMessageId.Reject, block);

    /// <summary>Writes what comes before the data of a block; <see cref="BlockAddress.Length"/> bytes of data must follow.</summary>
    public static int WritePieceHeader(Span<byte> destination, BlockAddress block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block.Length, nameof(block));
        int written = WriteHead(destination, PeerMessageId.Piece, 8L + block.Length);
        BinaryPrimitives.WriteInt32BigEndian(destination[written..], block.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(destination[(written + 4)..], block.Begin);
        return PieceHeaderLength;
    }

    /// <summary>Writes the whole bitfield frame.</summary>
    public static int WriteBitfield(Span<byte> destination, Bitfield pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        int written = WriteHead(destination, PeerMessageId.Bitfield, pieces.Bytes.Length);
        pieces.Bytes.CopyTo(destination[written..]);
        return written + pieces.Bytes.Length;
    }

    /// <summary>Writes port: where the sender's DHT node listens (BEP 5).</summary>
    public static int WritePort(Span<byte> destination, ushort port)
    {
        int written = WriteHead(destination, PeerMessageId.Port, sizeof(ushort));
        BinaryPrimitives.WriteUInt16BigEndian(destination[written..], port);
        return PortLength;
    }

    /// <summary>Writes what comes before the body of an extended message; <paramref name="payloadLength"/> bytes must follow.</summary>
    /// <param name="destination">The buffer.</param>
    /// <param name="extendedId">The id that the receiver gave the extension; 0 for the handshake.</param>
    /// <param name="payloadLength">The length of the body in bytes.</param>
    public static int WriteExtendedHeader(Span<byte> destination, byte extendedId, int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        int written = WriteHead(destination, PeerMessageId.Extended, 1L + payloadLength);
        destination[written] = extendedId;
        return ExtendedHeaderLength;
    }

    /// <summary>Writes a whole extended message.</summary>
    public static int WriteExtended(Span<byte> destination, byte extendedId, ReadOnlySpan<byte> payload)
    {
        int written = WriteExtendedHeader(destination, extendedId, payload.Length);
        payload.CopyTo(destination[written..]);
        return written + payload.Length;
    }

    /// <summary>Writes a message without a body: a flag such as choke, or the keep-alive.</summary>
    public static int WriteFlag(Span<byte> destination, PeerMessageId id) =>
        id == PeerMessageId.KeepAlive ? WriteKeepAlive(destination) : WriteHead(destination, id, 0);

    /// <summary>Writes a message about a piece: have, suggest or allowed fast.</summary>
    public static int WritePiece(Span<byte> destination, PeerMessageId id, PieceIndex piece)
    {
        int written = WriteHead(destination, id, sizeof(uint));
        BinaryPrimitives.WriteInt32BigEndian(destination[written..], piece.Value);
        return HaveLength;
    }

    /// <summary>Writes a message about a block: request, cancel or reject.</summary>
    public static int WriteBlock(Span<byte> destination, PeerMessageId id, BlockAddress block)
    {
        int written = WriteHead(destination, id, 12);
        BinaryPrimitives.WriteInt32BigEndian(destination[written..], block.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(destination[(written + 4)..], block.Begin);
        BinaryPrimitives.WriteInt32BigEndian(destination[(written + 8)..], block.Length);
        return RequestLength;
    }

    private static int WriteHead(Span<byte> destination, PeerMessageId id, long bodyLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, FlagLength, nameof(destination));
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(1 + bodyLength));
        destination[4] = (byte)id;
        return FlagLength;
    }
}
