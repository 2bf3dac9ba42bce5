using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>
/// Writes peer wire messages to a buffer of the caller (BEP 3, "peer messages"; BEP 5, BEP 6 and BEP 10).
/// </summary>
/// <remarks>
/// Each method that writes starts at the beginning of the buffer and returns the number of bytes written. It throws
/// <see cref="ArgumentOutOfRangeException"/> or <see cref="ArgumentException"/> if the buffer is too small. The message
/// id is not checked against the method: the caller must choose the method that writes messages with that id. The
/// messages of the Fast Extension (suggest piece, have all, have none, reject request and allowed fast) may only be
/// sent to a peer with <see cref="PeerFeatures.Fast"/>.
/// </remarks>
public static class PeerMessageWriter
{
    /// <summary>
    /// Length in bytes of a message without a body, such as choke: the length prefix and the message id.
    /// </summary>
    public const int EmptyLength = 5;

    /// <summary>
    /// Length in bytes of a have, suggest piece or allowed fast message, including its length prefix.
    /// </summary>
    public const int HaveLength = 9;

    /// <summary>Length in bytes of a request, cancel or reject request message, including its length prefix.</summary>
    public const int RequestLength = 17;

    /// <summary>
    /// Length in bytes of the part of a piece message before its data: length prefix, message id, piece index and
    /// offset.
    /// </summary>
    public const int PieceHeaderLength = 13;

    /// <summary>Length in bytes of a port message, including its length prefix.</summary>
    public const int PortLength = 7;

    private const int KeepAliveLength = 4;

    /// <summary>
    /// Returns the length in bytes, including the length prefix, of a bitfield message for a torrent of
    /// <paramref name="pieceCount"/> pieces.
    /// </summary>
    public static int BitfieldLength(int pieceCount) => EmptyLength + Bitfield.ByteLength(pieceCount);

    /// <summary>
    /// Writes a message without a body: keep-alive, choke, unchoke, interested, not interested, have all or have none.
    /// </summary>
    public static int Write(Span<byte> destination, PeerMessageId id)
    {
        if (id != PeerMessageId.KeepAlive)
            return WriteHeader(destination, id, 0);
        BinaryPrimitives.WriteUInt32BigEndian(destination, 0);
        return KeepAliveLength;
    }

    /// <summary>Writes a message whose body is a piece index: have, suggest piece or allowed fast.</summary>
    public static int Write(Span<byte> destination, PeerMessageId id, PieceIndex piece)
    {
        int written = WriteHeader(destination, id, sizeof(uint));
        BinaryPrimitives.WriteInt32BigEndian(destination[written..], piece.Value);
        return HaveLength;
    }

    /// <summary>Writes a message whose body is the address of a block: request, cancel or reject request.</summary>
    public static int Write(Span<byte> destination, PeerMessageId id, BlockAddress block)
    {
        int written = WriteHeader(destination, id, 12);
        BinaryPrimitives.WriteInt32BigEndian(destination[written..], block.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(destination[(written + 4)..], block.Begin);
        BinaryPrimitives.WriteInt32BigEndian(destination[(written + 8)..], block.Length);
        return RequestLength;
    }

    /// <summary>
    /// Writes the beginning of a piece message, up to the data of the block. The caller must then send the data, which
    /// has <see cref="BlockAddress.Length"/> bytes.
    /// </summary>
    public static int WritePieceHeader(Span<byte> destination, BlockAddress block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block.Length, nameof(block));
        int written = WriteHeader(destination, PeerMessageId.Piece, 8L + block.Length);
        BinaryPrimitives.WriteInt32BigEndian(destination[written..], block.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(destination[(written + 4)..], block.Begin);
        return PieceHeaderLength;
    }

    /// <summary>Writes a bitfield message with the pieces of a set.</summary>
    public static int WriteBitfield(Span<byte> destination, Bitfield pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        int written = WriteHeader(destination, PeerMessageId.Bitfield, pieces.Bytes.Length);
        pieces.Bytes.CopyTo(destination[written..]);
        return written + pieces.Bytes.Length;
    }

    /// <summary>Writes a port message, which contains the UDP port of the sender's DHT node (BEP 5).</summary>
    public static int WritePort(Span<byte> destination, ushort port)
    {
        int written = WriteHeader(destination, PeerMessageId.Port, sizeof(ushort));
        BinaryPrimitives.WriteUInt16BigEndian(destination[written..], port);
        return PortLength;
    }

    /// <summary>Writes an extended message with its payload (BEP 10).</summary>
    /// <param name="destination">The buffer to write to.</param>
    /// <param name="extendedId">
    /// The id that the receiver assigned to the extension, or 0 for the extension handshake.
    /// </param>
    /// <param name="payload">The bytes of the message after the extended message id.</param>
    public static int WriteExtended(Span<byte> destination, byte extendedId, ReadOnlySpan<byte> payload)
    {
        int written = WriteHeader(destination, PeerMessageId.Extended, 1L + payload.Length);
        destination[written++] = extendedId;
        payload.CopyTo(destination[written..]);
        return written + payload.Length;
    }

    private static int WriteHeader(Span<byte> destination, PeerMessageId id, long bodyLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, EmptyLength, nameof(destination));
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(1 + bodyLength));
        destination[4] = (byte)id;
        return EmptyLength;
    }
}
