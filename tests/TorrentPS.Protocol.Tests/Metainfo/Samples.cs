using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests.Metainfo;

/// <summary>Small valid torrents. A test changes one thing in them.</summary>
internal static class Samples
{
    public const int PieceLength = 16 * 1024;

    /// <summary>A v1 torrent with one file of 40,000 bytes: three pieces.</summary>
    public static Dict SingleFile() => new()
    {
        ["announce"] = "http://tracker.example/announce",
        ["info"] = new Dict
        {
            ["name"] = "file.bin",
            ["piece length"] = PieceLength,
            ["length"] = 40_000,
            ["pieces"] = new byte[60],
        },
    };

    /// <summary>A v1 torrent with a folder of files.</summary>
    public static Dict MultiFile(params object[] files) => new()
    {
        ["info"] = new Dict
        {
            ["name"] = "top",
            ["piece length"] = PieceLength,
            ["files"] = files,
            ["pieces"] = new byte[20],
        },
    };

    public static Dict File(long length, params object[] path) => new() { ["length"] = length, ["path"] = path };

    /// <summary>A v1 torrent with files of the given names, one byte each.</summary>
    public static TorrentMetainfo WithNames(params object[][] paths) =>
        Parse(MultiFile([.. paths.Select(path => File(1, path))]));

    /// <summary>A v2 torrent with a file of three pieces, a file of one block and an empty file.</summary>
    public static Dict V2()
    {
        byte[] layer = Hashes(3);
        byte[] root = MerkleTree.RootOfPieceLayer(layer, PieceLength);
        var layers = new Dict();
        layers.Add(root, layer);
        return new()
        {
            ["info"] = new Dict
            {
                ["name"] = "top",
                ["piece length"] = PieceLength,
                ["meta version"] = 2,
                ["file tree"] = new Dict
                {
                    ["a.bin"] = Leaf(40_000, root),
                    ["b"] = new Dict { ["small.bin"] = Leaf(100, Hashes(1)) },
                    ["empty"] = Leaf(0, null),
                },
            },
            ["piece layers"] = layers,
        };
    }

    /// <summary>The torrent of <see cref="V2"/> with a v1 part.</summary>
    public static Dict Hybrid()
    {
        Dict torrent = V2();
        var info = (Dict)torrent["info"];
        info["files"] = new object[]
        {
            File(40_000, "a.bin"),
            new Dict { ["attr"] = "p", ["length"] = 9152, ["path"] = new object[] { ".pad", "9152" } },
            File(100, "b", "small.bin"),
            File(0, "empty"),
        };
        info["pieces"] = new byte[80];
        return torrent;
    }

    public static Dict Leaf(long length, byte[]? root)
    {
        var file = new Dict { ["length"] = length };
        if (root is not null)
            file["pieces root"] = root;
        return new Dict { [string.Empty] = file };
    }

    public static byte[] Hashes(int count) => [.. Enumerable.Range(1, count * 32).Select(i => (byte)i)];

    public static TorrentMetainfo Parse(Dict torrent, MetainfoLimits? limits = null) =>
        TorrentMetainfo.Parse(B.Encode(torrent), limits);

    public static MetainfoException Refused(Dict torrent, MetainfoLimits? limits = null) =>
        Assert.Throws<MetainfoException>(() => Parse(torrent, limits));

    public static MetainfoException RefusedInfo(Dict torrent, Action<Dict> change)
    {
        change((Dict)torrent["info"]);
        return Refused(torrent);
    }
}
