using System.Buffers;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Wire;

/// <summary>
/// A message of the metadata extension <c>ut_metadata</c> (BEP 9). It is a bencoded dictionary. In a data message, the
/// metadata piece follows the dictionary.
/// </summary>
public sealed record MetadataMessage
{
    /// <summary>Name of the extension in the extension handshake (BEP 10).</summary>
    public const string ExtensionName = "ut_metadata";

    /// <summary>Length in bytes of a metadata piece. The last piece may be shorter.</summary>
    public const int PieceLength = 16 * 1024;

    /// <summary>
    /// Maximum length of the dictionary in bytes. Its three defined keys take about 50 bytes. The rest is room for
    /// unknown keys.
    /// </summary>
    private const int MaxHeaderLength = 1024;

    private static readonly BencodeLimits Limits =
        new() { MaxDepth = 4, MaxTokens = 64, MaxLength = PieceLength + MaxHeaderLength };

    /// <summary>
    /// Type of the message. It may be a type that <see cref="MetadataMessageType"/> does not define. Such a message
    /// must be ignored (BEP 9).
    /// </summary>
    public required MetadataMessageType Type { get; init; }

    /// <summary>Zero-based index of the metadata piece.</summary>
    public required int Piece { get; init; }

    /// <summary>
    /// Length of the whole info dictionary in bytes, or null if absent. Only data messages contain it.
    /// </summary>
    public int? TotalSize { get; init; }

    /// <summary>Content of the metadata piece in a data message. In other messages it is empty.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Returns the number of metadata pieces of an info dictionary of <paramref name="size"/> bytes.</summary>
    public static int PieceCount(int size) => (int)(((long)size + PieceLength - 1) / PieceLength);

    /// <summary>
    /// Returns the length in bytes of a metadata piece of an info dictionary of <paramref name="size"/> bytes. The
    /// index of the piece is not checked.
    /// </summary>
    public static int LengthOf(int piece, int size) => Math.Min(PieceLength, size - (piece * PieceLength));

    /// <summary>Parses the payload of an extended message of the metadata extension.</summary>
    /// <param name="payload">
    /// The bytes after the extended message id. <see cref="Data"/> is a slice of these bytes.
    /// </param>
    /// <exception cref="WireException">
    /// The payload does not start with a bencoded dictionary, has no message type or piece index, or is too long.
    /// </exception>
    public static MetadataMessage Parse(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > Limits.MaxLength)
            throw Bad($"it is {payload.Length} bytes long, over the limit of {Limits.MaxLength} bytes");
        try
        {
            (BencodeValue header, ReadOnlyMemory<byte> trailer) = Split(payload);
            int type = Number(header, "msg_type"u8) ?? throw Bad("'msg_type' is missing or invalid");
            bool isData = type == (int)MetadataMessageType.Data;
            if (trailer.Length > PieceLength)
                throw Bad($"its piece is {trailer.Length} bytes long, over the limit of {PieceLength} bytes");
            return new MetadataMessage
            {
                Type = (MetadataMessageType)type,
                Piece = Number(header, "piece"u8) ?? throw Bad("'piece' is missing or invalid"),
                TotalSize = isData ? Number(header, "total_size"u8) : null,
                Data = isData ? trailer : default,
            };
        }
        catch (BencodeException error)
        {
            throw new WireException(
                WireError.BadMetadataMessage, $"A metadata message is not valid bencoding: {error.Message}", error);
        }
    }

    /// <summary>
    /// Encodes the message as the payload of an extended message. The length prefix, message id and extended message id
    /// are not included.
    /// </summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>(64 + Data.Length);
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.WriteNumber("msg_type"u8, (int)Type);
        writer.WriteNumber("piece"u8, Piece);
        if (TotalSize is { } size)
            writer.WriteNumber("total_size"u8, size);
        writer.End();
        output.Write(Data.Span);
        return output.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public bool Equals(MetadataMessage? other) =>
        other is not null
        && Type == other.Type
        && Piece == other.Piece
        && TotalSize == other.TotalSize
        && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Piece, TotalSize, Data.Length);

    private static (BencodeValue Header, ReadOnlyMemory<byte> Trailer) Split(ReadOnlyMemory<byte> payload)
    {
        var reader = new BencodeReader(payload.Span, Limits, allowTrailing: true);
        reader.Read();
        if (reader.Token != BencodeToken.DictionaryStart)
            throw Bad("it does not start with a dictionary");
        reader.SkipValue();
        if (reader.Position > MaxHeaderLength)
            throw Bad($"its dictionary is longer than {MaxHeaderLength} bytes");
        return (BencodeValue.Parse(payload[..reader.Position], Limits), payload[reader.Position..]);
    }

    private static int? Number(BencodeValue header, ReadOnlySpan<byte> key) =>
        (int?)header.NumberAt(key, 0, int.MaxValue);

    private static WireException Bad(string reason) =>
        new(WireError.BadMetadataMessage, $"A metadata message is invalid: {reason}.");
}

/// <summary>Type of a metadata message, sent as <c>msg_type</c> (BEP 9).</summary>
public enum MetadataMessageType
{
    /// <summary>Requests a metadata piece.</summary>
    Request = 0,

    /// <summary>Contains the requested metadata piece.</summary>
    Data = 1,

    /// <summary>
    /// Rejects a request. The sender does not have the metadata, or limits the number of requests that it answers.
    /// </summary>
    Reject = 2,
}
