using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class RefusalTests
{
    public static TheoryData<string, object?, MetainfoError> WrongFields() => new()
    {
        { "name", null, MetainfoError.MissingName },
        { "name", 5, MetainfoError.InvalidName },
        { "piece length", null, MetainfoError.MissingPieceLength },
        { "piece length", "x", MetainfoError.InvalidPieceLength },
        { "piece length", 0, MetainfoError.InvalidPieceLength },
        { "piece length", -16384, MetainfoError.InvalidPieceLength },
        { "piece length", 1L << 31, MetainfoError.InvalidPieceLength },
        { "length", null, MetainfoError.NoFiles },
        { "length", "x", MetainfoError.InvalidLength },
        { "length", -1, MetainfoError.InvalidLength },
        { "length", 0, MetainfoError.NoContent },
        { "length", 40_000 + 16384, MetainfoError.WrongPieceCount },
        { "length", long.MaxValue, MetainfoError.TooManyPieces },
        { "pieces", null, MetainfoError.MissingPieces },
        { "pieces", 5, MetainfoError.InvalidPieces },
        { "pieces", new byte[59], MetainfoError.InvalidPieces },
        { "pieces", new byte[40], MetainfoError.WrongPieceCount },
        { "pieces", new byte[80], MetainfoError.WrongPieceCount },
        { "files", Array.Empty<object>(), MetainfoError.AmbiguousFiles },
        { "meta version", 3, MetainfoError.UnsupportedVersion },
        { "meta version", "2", MetainfoError.UnsupportedVersion },
        { "meta version", 2, MetainfoError.InvalidFileTree },
    };

    [Theory]
    [MemberData(nameof(WrongFields))]
    public void A_wrong_field_of_the_info_dictionary_is_named(string field, object? value, MetainfoError expected)
    {
        MetainfoException refusal = Samples.RefusedInfo(Samples.SingleFile(), info =>
        {
            if (value is null)
                info.Remove(field);
            else
                info[field] = value;
        });
        Assert.Equal(expected, refusal.Code);
        Assert.StartsWith("info", refusal.Location, StringComparison.Ordinal);
    }
}
