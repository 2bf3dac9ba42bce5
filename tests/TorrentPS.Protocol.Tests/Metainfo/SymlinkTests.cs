using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class SymlinkTests
{
    [Fact]
    public void A_symlink_has_the_safe_path_of_its_target()
    {
        TorrentMetainfo torrent = Samples.Parse(Samples.MultiFile(
            Samples.File(1, "lib", "x:y.so"), Link("x.so", "lib", "x:y.so"), Link("folder", "lib")));
        Assert.Equal("lib/x_y.so", torrent.Files[1].SymlinkTarget);
        Assert.Equal("lib", torrent.Files[2].SymlinkTarget);
        Assert.Equal(TorrentFileAttributes.Symlink, torrent.Files[1].Attributes);
        Assert.Null(torrent.Files[0].SymlinkTarget);
    }

    public static TheoryData<object[], TorrentWarningCode> BadTargets() => new()
    {
        { ["..", "..", "etc", "passwd"], TorrentWarningCode.SymlinkOutside },
        { ["a", "..", "..", "x"], TorrentWarningCode.SymlinkOutside },
        { ["", "etc", "passwd"], TorrentWarningCode.SymlinkOutside },
        { ["/etc/passwd"], TorrentWarningCode.SymlinkOutside },
        { ["..\\..\\x"], TorrentWarningCode.SymlinkOutside },
        { ["C:"], TorrentWarningCode.SymlinkOutside },
        { ["nowhere"], TorrentWarningCode.SymlinkDangling },
        { ["dir", "nowhere"], TorrentWarningCode.SymlinkDangling },
        { ["link"], TorrentWarningCode.SymlinkDangling },
        { [], TorrentWarningCode.SymlinkDangling },
    };

    [Theory]
    [MemberData(nameof(BadTargets))]
    public void A_symlink_to_nothing_in_the_torrent_loses_its_target(object[] target, TorrentWarningCode expected)
    {
        TorrentMetainfo torrent = Samples.Parse(Samples.MultiFile(Samples.File(1, "dir", "a"), Link("link", target)));
        Assert.Null(torrent.Files[1].SymlinkTarget);
        Assert.Equal(expected, Assert.Single(torrent.Warnings).Code);
    }

    [Fact]
    public void A_symlink_to_the_folder_it_is_in_loses_its_target()
    {
        var link = new Dict
        {
            ["attr"] = "l",
            ["length"] = 0,
            ["path"] = new object[] { "dir", "loop" },
            ["symlink path"] = new object[] { "dir" }
        };
        TorrentMetainfo torrent = Samples.Parse(Samples.MultiFile(Samples.File(1, "dir", "a"), link));
        Assert.Null(torrent.Files[1].SymlinkTarget);
    }

    [Fact]
    public void A_symlink_needs_no_length_and_attributes_are_read()
    {
        var link =
            new Dict { ["attr"] = "l", ["path"] = new object[] { "l" }, ["symlink path"] = new object[] { "a" } };
        var file = new Dict { ["attr"] = "xh?z", ["length"] = 1, ["path"] = new object[] { "a" } };
        TorrentMetainfo torrent = Samples.Parse(Samples.MultiFile(file, link));
        Assert.Equal(TorrentFileAttributes.Executable | TorrentFileAttributes.Hidden, torrent.Files[0].Attributes);
        Assert.Equal((0L, "a"), (torrent.Files[1].Length, torrent.Files[1].SymlinkTarget));
    }

    [Fact]
    public void A_v2_tree_has_symlinks_too()
    {
        Dict source = Samples.V2();
        ((Dict)((Dict)source["info"])["file tree"])["link"] = new Dict
        {
            [string.Empty] = new Dict
            {
                ["attr"] = "l",
                ["length"] = 0,
                ["symlink path"] = new object[] { "b", "small.bin" }
            },
        };
        Assert.Equal("b/small.bin", Samples.Parse(source).Files[^1].SymlinkTarget);
    }

    private static Dict Link(string name, params object[] target) =>
        new() { ["attr"] = "l", ["length"] = 0, ["path"] = new object[] { name }, ["symlink path"] = target };
}
