using System.Text;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class InvalidMetainfoTests
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
    public void An_invalid_field_of_the_info_dictionary_throws_its_error_code(
        string field, object? value, MetainfoError expected)
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
        Assert.Contains(refusal.Location, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_is_not_a_torrent_throws()
    {
        Assert.Equal(MetainfoError.NotBencode, Refused("<html>").Code);
        Assert.Equal(MetainfoError.NotBencode, Refused(string.Empty).Code);
        Assert.Equal(MetainfoError.NotADictionary, Refused("le").Code);
        Assert.Equal(MetainfoError.MissingInfo, Refused("de").Code);
        Assert.Equal(MetainfoError.InvalidInfo, Refused("d4:infolee").Code);
        MetainfoException truncated = Refused("d4:infod");
        Assert.Equal((MetainfoError.NotBencode, 8L), (truncated.Code, truncated.Offset));
    }

    public static TheoryData<object, MetainfoError, string> WrongFiles() => new()
    {
        { 5, MetainfoError.InvalidFiles, "info.files" },
        { Array.Empty<object>(), MetainfoError.NoFiles, "info.files" },
        { new object[] { "x" }, MetainfoError.InvalidFiles, "info.files[0]" },
        { new object[] { Samples.File(1, "a"), new Dict { ["path"] = new object[] { "a" } } },
            MetainfoError.MissingLength, "info.files[1]" },
        { new object[] { Samples.File(-1, "a") }, MetainfoError.InvalidLength, "info.files[0].length" },
        { new object[] { Samples.File(0, "a") }, MetainfoError.NoContent, "info" },
        { new object[] { new Dict { ["length"] = 1 } }, MetainfoError.InvalidPath, "info.files[0]" },
        { new object[] { new Dict { ["length"] = 1, ["path"] = "a" } }, MetainfoError.InvalidPath,
            "info.files[0].path" },
        { new object[] { Samples.File(1) }, MetainfoError.InvalidPath, "info.files[0].path" },
        { new object[] { Samples.File(1, "a", 5) }, MetainfoError.InvalidPath, "info.files[0].path" },
        { new object[] { Samples.File(1, [.. Enumerable.Repeat((object)"a", 101)]) }, MetainfoError.TooDeep,
            "info.files[0].path" },
        { new object[] { Samples.File(long.MaxValue, "a"), Samples.File(1, "b") }, MetainfoError.LengthOverflow,
            "info.files[1]" },
        { new object[] { new Dict { ["attr"] = "p", ["length"] = 5 } }, MetainfoError.NoContent, "info" },
        { new object[] { new Dict { ["attr"] = "l", ["length"] = 5, ["path"] = new object[] { "a" } } },
            MetainfoError.NoContent, "info" },
    };

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public void An_invalid_file_list_throws_with_its_location(object files, MetainfoError expected, string location)
    {
        MetainfoException refusal = Samples.RefusedInfo(Samples.MultiFile(), info => info["files"] = files);
        Assert.Equal((expected, location), (refusal.Code, refusal.Location));
    }

    [Fact]
    public void The_offset_is_that_of_the_invalid_value()
    {
        Dict torrent = Samples.MultiFile(Samples.File(-77, "a"));
        MetainfoException refusal = Samples.Refused(torrent);
        Assert.Equal("i-77e", Encoding.ASCII.GetString(B.Encode(torrent), (int)refusal.Offset, 5));
    }

    [Fact]
    public void Exceeding_a_limit_throws()
    {
        Dict torrent = Samples.SingleFile();
        int size = B.Encode(torrent).Length;
        Samples.Parse(
            torrent,
            new MetainfoLimits { MaxSize = size, MaxPieces = 3, MaxFiles = 1, MaxDepth = 2, MaxTotalPathLength = 8 });
        Assert.Equal(MetainfoError.TooLarge, Samples.Refused(torrent, new MetainfoLimits { MaxSize = size - 1 }).Code);
        Assert.Equal(MetainfoError.TooManyPieces, Samples.Refused(torrent, new MetainfoLimits { MaxPieces = 2 }).Code);
        Assert.Equal(MetainfoError.TooDeep, Samples.Refused(torrent, new MetainfoLimits { MaxDepth = 1 }).Code);
        Assert.Equal(MetainfoError.TooManyValues, Samples.Refused(torrent, new MetainfoLimits { MaxValues = 5 }).Code);
        Assert.Equal(
            MetainfoError.PathsTooLong, Samples.Refused(torrent, new MetainfoLimits { MaxTotalPathLength = 7 }).Code);
        Dict two = Samples.MultiFile(Samples.File(1, "a"), Samples.File(1, "b"));
        Assert.Equal(MetainfoError.TooManyFiles, Samples.Refused(two, new MetainfoLimits { MaxFiles = 1 }).Code);
        Assert.Equal(
            MetainfoError.TooManyFiles, Samples.Refused(Samples.V2(), new MetainfoLimits { MaxFiles = 1 }).Code);
        Assert.Equal(
            MetainfoError.TooManyPieces, Samples.Refused(Samples.V2(), new MetainfoLimits { MaxPieces = 3 }).Code);
    }

    [Fact]
    public void The_total_length_of_paths_in_a_deep_v2_tree_is_limited()
    {
        var folder = new Dict();
        for (int i = 0; i < 100; i++)
            folder[$"{i}"] = Samples.Leaf(0, null);
        object tree = folder;
        for (int i = 0; i < 50; i++)
            tree = new Dict { [new string('d', 200)] = tree };
        Dict torrent = Samples.V2();
        ((Dict)((Dict)torrent["info"])["file tree"])["deep"] = tree;
        Assert.Equal(
            MetainfoError.PathsTooLong,
            Samples.Refused(torrent, new MetainfoLimits { MaxTotalPathLength = 100_000 }).Code);
        Assert.Equal(103, Samples.Parse(torrent).Files.Count);
    }

    private static MetainfoException Refused(string text) =>
        Assert.Throws<MetainfoException>(() => TorrentMetainfo.Parse(Encoding.UTF8.GetBytes(text)));
}
