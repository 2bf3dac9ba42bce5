using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>Reads frames in place, without allocation: a length of four bytes, an id, a body (BEP 3, "peer messages").</summary>
/// <remarks>
/// Bounds that depend on the torrent (does the piece exist, does the block lie inside it) are the caller's to check: the reader
/// knows no torrent.
/// </remarks>
public static class PeerMessageReader
{
    /// <summary>
    /// The largest body of an extended message, in bytes. A metadata message is 16 KiB and a little (BEP 9), an exchange of
    /// peers a few KiB (BEP 11); four times the former leaves room for what is not known here.
    /// </summary>
    public const int MaxExtendedPayload = 64 * 1024;

    private const int PrefixLength = 4;
    private const int BlockHeaderLength = 8;
    private const int BlockBodyLength = 12;

    /// <summary>
    /// The limit that suits a torrent of so many pieces: room for its bitfield, for one block and for one extended message. No
    /// block longer than <see cref="TorrentGeometry.BlockLength"/> is ever asked for, so that none may come.
    /// </summary>
    public static int MaxFrameLength(int pieceCount) =>
        Math.Max(1 + Bitfield.ByteLength(pieceCount), Math.Max(1 + BlockHeaderLength + TorrentGeometry.BlockLength, 2 + MaxExtendedPayload));

    /// <summary>Reads the frame at the start of <paramref name="source"/>.</summary>
    /// <param name="source">The bytes received and not yet consumed.</param>
    /// <param name="maxFrameLength">The largest length prefix accepted, in bytes; see <see cref="MaxFrameLength"/>.</param>
    /// <param name="message">The message, pointing into <paramref name="source"/>.</param>
    /// <param name="consumed">How many bytes the frame took, prefix included; 0 when it is incomplete.</param>
    /// <returns>Whether the frame was whole. A bad frame is refused as soon as its first five bytes are there.</returns>
    /// <exception cref="WireException">The frame is too long or malformed.</exception>
    public static FrameResult TryRead(ReadOnlySpan<byte> source, int maxFrameLength, out PeerMessage message, out int consumed)
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

    /// <summary>How many bytes <paramref name="source"/> must hold before the frame at its start can be read, prefix included.</summary>
    /// <returns>4 while the prefix itself is not whole.</returns>
    /// <exception cref="WireException">The frame is too long.</exception>
    public static int RequiredLength(ReadOnlySpan<byte> source, int maxFrameLength)
    {
        if (source.Length < PrefixLength)
            return PrefixLength;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source);
        if (length > (uint)Math.Clamp(maxFrameLength, 0, int.MaxValue - PrefixLength))
            throw new WireException(WireError.FrameTooLong, $"A frame of {length} bytes is over the limit of {maxFrameLength}.");
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
            throw new WireException(WireError.WrongBodyLength, $"A {id} message can't have a body of {length} bytes.");
    }

    private static int ReadNumber(ReadOnlySpan<byte> source)
    {
        uint value = BinaryPrimitives.ReadUInt32BigEndian(source);
        if (value > int.MaxValue)
            throw new WireException(WireError.NumberOutOfRange, $"{value} is beyond any piece, offset or length.");
        return (int)value;
    }
}

/// <summary>Whether the bytes held one whole frame.</summary>
public enum FrameResult
{
    /// <summary>More bytes are needed; <see cref="PeerMessageReader.RequiredLength"/> says how many in all.</summary>
    Incomplete,

    /// <summary>A whole frame was read.</summary>
    Complete,
}
