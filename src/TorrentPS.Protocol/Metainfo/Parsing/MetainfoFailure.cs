using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Creates the exceptions of the metainfo parser.</summary>
internal static class MetainfoFailure
{
    public static MetainfoException Fail(
        this BencodeValue value, MetainfoError code, string location, string message) =>
        new(code, location, value.Offset, message);

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
