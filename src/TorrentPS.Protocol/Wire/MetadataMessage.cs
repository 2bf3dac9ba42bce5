using System.Buffers;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Wire;

/// <summary>A message of the metadata extension (BEP 9, <c>ut_metadata</c>): a dictionary, and with data the piece's bytes after it.</summary>
public sealed record MetadataMessage
{
    /// <summary>The extension's name in an extension handshake.</summary>
    public const string ExtensionName = "ut_metadata";

    /// <summary>The length of every piece of the info dictionary but its last, in bytes.</summary>
    public const int PieceLength = 16 * 1024;

    /// <summary>The longest dictionary read, in bytes: three short keys with numbers, and room for what clients add.</summary>
    private const int MaxHeaderLength = 1024;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 4, MaxTokens = 64, MaxLength = PieceLength + MaxHeaderLength };

    /// <summary>What it is; a number that is no <see cref="MetadataMessageType"/> must be ignored (BEP 9).</summary>
    public required MetadataMessageType Type { get; init; }

    /// <summary>Which piece, from 0.</summary>
    public required int Piece { get; init; }

    /// <summary>With data, the length of the whole info dictionary in bytes; null when it is not told.</summary>
    public int? TotalSize { get; init; }

    /// <summary>The piece, with <see cref="MetadataMessageType.Data"/>; else empty.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>How many pieces an info dictionary of so many bytes has.</summary>
    public static int PieceCount(int size) => (int)(((long)size + PieceLength - 1) / PieceLength);

    /// <summary>The length of one of the pieces of an info dictionary of so many bytes.</summary>
    public static int LengthOf(int piece, int size) => Math.Min(PieceLength, size - (piece * PieceLength));

    /// <summary>Reads the payload of an extended message with the id given to this extension.</summary>
    /// <param name="payload">The payload; <see cref="Data"/> is a slice of it.</param>
    /// <exception cref="WireException">It is no dictionary with a type and a piece, or longer than a piece needs.</exception>
    public static MetadataMessage Parse(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > Limits.MaxLength)
            throw Bad($"it has {payload.Length} bytes, more than the limit of {Limits.MaxLength}");
        try
        {
            (BencodeValue header, ReadOnlyMemory<byte> trailer) = Split(payload);
            int type = Number(header, "msg_type"u8) ?? throw Bad("it has no type");
            bool isData = type == (int)MetadataMessageType.Data;
            if (trailer.Length > PieceLength)
                throw Bad($"a piece of {trailer.Length} bytes is over the limit of {PieceLength}");
            return new MetadataMessage
            {
                Type = (MetadataMessageType)type,
                Piece = Number(header, "piece"u8) ?? throw Bad("it names no piece"),
                TotalSize = isData ? Number(header, "total_size"u8) : null,
                Data = isData ? trailer : default,
            };
        }
        catch (BencodeException error)
        {
            throw new WireException(WireError.BadMetadataMessage, $"A metadata message can't be read: {error.Message}", error);
        }
    }

    /// <summary>The payload of the extended message, without the frame.</summary>
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
        other is not null && Type == other.Type && Piece == other.Piece && TotalSize == other.TotalSize && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Piece, TotalSize, Data.Length);

    /// <summary>The dictionary, and what follows it.</summary>
    private static (BencodeValue Header, ReadOnlyMemory<byte> Trailer) Split(ReadOnlyMemory<byte> payload)
    {
        var reader = new BencodeReader(payload.Span, Limits, allowTrailing: true);
        reader.Read();
        if (reader.Token != BencodeToken.DictionaryStart)
            throw Bad("it is no dictionary");
        reader.SkipValue();
        if (reader.Position > MaxHeaderLength)
            throw Bad($"its dictionary has more than {MaxHeaderLength} bytes");
        return (BencodeValue.Parse(payload[..reader.Position], Limits), payload[reader.Position..]);
    }

    private static int? Number(BencodeValue header, ReadOnlySpan<byte> key) => (int?)header.NumberAt(key, 0, int.MaxValue);

    private static WireException Bad(string why) => new(WireError.BadMetadataMessage, $"A metadata message can't be read: {why}.");
}

/// <summary>What a metadata message is (BEP 9, <c>msg_type</c>).</summary>
public enum MetadataMessageType
{
    /// <summary>Asks for a piece of the info dictionary.</summary>
    Request = 0,

    /// <summary>Brings one.</summary>
    Data = 1,

    /// <summary>Refuses one: the peer doesn't have it, or has given enough.</summary>
    Reject = 2,
}
