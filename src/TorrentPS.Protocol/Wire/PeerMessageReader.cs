using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>
/// Reads peer wire messages in place, without allocation. A message is a length prefix of four bytes, an id and a body
/// (BEP 3, "peer messages").
/// </summary>
/// <remarks>The caller must check piece indices and block addresses against the torrent.</remarks>
public static class PeerMessageReader
{
    /// <summary>
    /// Maximum length of an extended message's payload in bytes. A metadata message has about 16 KiB (BEP 9), and a
    /// peer exchange message a few KiB (BEP 11). The limit leaves room for larger messages of other extensions.
    /// </summary>
    public const int MaxExtendedPayload = 64 * 1024;

    private const int PrefixLength = 4;
    private const int BlockHeaderLength = 8;
    private const int BlockBodyLength = 12;

    /// <summary>
    /// Returns the maximum length of a message in a torrent of <paramref name="pieceCount"/> pieces, in bytes without
    /// the length prefix. The longest message is the bitfield, an extended message with
    /// <see cref="MaxExtendedPayload"/> bytes of payload, or a piece message with
    /// <see cref="TorrentGeometry.BlockLength"/> bytes of data. This client never requests longer blocks.
    /// </summary>
    public static int MaxFrameLength(int pieceCount) =>
        Math.Max(
            1 + Bitfield.ByteLength(pieceCount),
            Math.Max(1 + BlockHeaderLength + TorrentGeometry.BlockLength, 2 + MaxExtendedPayload));

    /// <summary>Reads the message at the start of <paramref name="source"/>.</summary>
    /// <param name="source">The received bytes that follow the message read last.</param>
    /// <param name="maxFrameLength">Maximum value of the length prefix; see <see cref="MaxFrameLength"/>.</param>
    /// <param name="message">The message. Its payload is a slice of <paramref name="source"/>.</param>
    /// <param name="consumed">
    /// Length of the message in bytes, including the length prefix, or 0 if the message is incomplete.
    /// </param>
    /// <returns>Whether the message is complete.</returns>
    /// <exception cref="WireException">
    /// The message is too long or malformed. An invalid length is an error even if the message is incomplete.
    /// </exception>
    public static FrameResult TryRead(
        ReadOnlySpan<byte> source, int maxFrameLength, out PeerMessage message, out int consumed)
    {
        message = default;
        consumed = 0;
        int required = RequiredLength(source, maxFrameLength);
        if (source.Length > PrefixLength && required > PrefixLength)
            CheckBodyLength((PeerMessageId)source[PrefixLength], required - PrefixLength - 1);
        if (source.Length < required)
            return FrameResult.Incomplete;
        consumed = required;
        message = required == PrefixLength
            ? new PeerMessage { Id = PeerMessageId.KeepAlive }
            : Parse((PeerMessageId)source[PrefixLength], source[(PrefixLength + 1)..required]);
        return FrameResult.Complete;
    }

    /// <summary>
    /// Returns the length of the message at the start of <paramref name="source"/>. The message may be incomplete.
    /// </summary>
    /// <returns>
    /// The length in bytes, including the length prefix. While the length prefix itself is incomplete, the result is 4.
    /// </returns>
    /// <exception cref="WireException">The length prefix exceeds <paramref name="maxFrameLength"/>.</exception>
    public static int RequiredLength(ReadOnlySpan<byte> source, int maxFrameLength)
    {
        if (source.Length < PrefixLength)
            return PrefixLength;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source);
        if (length > (uint)Math.Clamp(maxFrameLength, 0, int.MaxValue - PrefixLength))
        {
            throw new WireException(
                WireError.FrameTooLong, $"A message of {length} bytes is over the limit of {maxFrameLength} bytes.");
        }

        return PrefixLength + (int)length;
    }

    private static PeerMessage Parse(PeerMessageId id, ReadOnlySpan<byte> body) => id switch
    {
        PeerMessageId.Piece => new PeerMessage
        {
            Id = id,
            Piece = new PieceIndex(ReadNumber(body)),
            Begin = ReadNumber(body[4..]),
            Length = body.Length - BlockHeaderLength,
            Payload = body[BlockHeaderLength..],
        },
        PeerMessageId.Request or PeerMessageId.Cancel or PeerMessageId.Reject => new PeerMessage
        {
            Id = id,
            Piece = new PieceIndex(ReadNumber(body)),
            Begin = ReadNumber(body[4..]),
            Length = ReadNumber(body[8..]),
        },
        PeerMessageId.Have or PeerMessageId.Suggest or PeerMessageId.AllowedFast =>
            new PeerMessage { Id = id, Piece = new PieceIndex(ReadNumber(body)) },
        PeerMessageId.Port => new PeerMessage { Id = id, Port = BinaryPrimitives.ReadUInt16BigEndian(body) },
        PeerMessageId.Extended => new PeerMessage { Id = id, ExtendedId = body[0], Payload = body[1..] },
        _ => new PeerMessage { Id = id, Payload = body },
    };

    private static void CheckBodyLength(PeerMessageId id, int length)
    {
        bool fits = id switch
        {
            PeerMessageId.Choke or PeerMessageId.Unchoke or PeerMessageId.Interested or PeerMessageId.NotInterested
                or PeerMessageId.HaveAll or PeerMessageId.HaveNone => length == 0,
            PeerMessageId.Have or PeerMessageId.Suggest or PeerMessageId.AllowedFast => length == sizeof(uint),
            PeerMessageId.Request or PeerMessageId.Cancel or PeerMessageId.Reject => length == BlockBodyLength,
            PeerMessageId.Piece => length >= BlockHeaderLength,
            PeerMessageId.Port => length == sizeof(ushort),
            PeerMessageId.Extended => length >= 1,
            _ => true,
        };
        if (!fits)
            throw new WireException(WireError.WrongBodyLength, $"A {id} message cannot have a body of {length} bytes.");
    }

    private static int ReadNumber(ReadOnlySpan<byte> source)
    {
        uint value = BinaryPrimitives.ReadUInt32BigEndian(source);
        if (value > int.MaxValue)
        {
            throw new WireException(
                WireError.NumberOutOfRange,
                $"The index, offset or length {value} is over the limit of {int.MaxValue}.");
        }

        return (int)value;
    }
}

/// <summary>Result of <see cref="PeerMessageReader.TryRead"/>.</summary>
public enum FrameResult
{
    /// <summary>
    /// The message is incomplete. Its full length is returned by <see cref="PeerMessageReader.RequiredLength"/>.
    /// </summary>
    Incomplete,

    /// <summary>The message is complete and has been read.</summary>
    Complete,
}
