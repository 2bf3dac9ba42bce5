using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>How the parser says no.</summary>
internal static class MetainfoFailure
{
    /// <summary>A refusal because of a value.</summary>
    public static MetainfoException Fail(this BencodeValue value, MetainfoError code, string location, string message) =>
        new(code, location, value.Offset, message);

    /// <summary>A refusal by the bencode reader.</summary>
    public static MetainfoException From(BencodeException e) => new(
        e.Error switch
        {
            BencodeError.TooLong => MetainfoError.TooLarge,
            BencodeError.TooDeep => MetainfoError.TooDeep,
            BencodeError.TooManyTokens => MetainfoError.TooManyValues,
            _ => MetainfoError.NotBencode,
        },
        string.Empty,
        e.Offset,
        e.Reason,
        e);
}
