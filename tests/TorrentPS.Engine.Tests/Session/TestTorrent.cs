using System.Net;
using System.Security.Cryptography;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>A small torrent with its content in a temporary folder, which is deleted when this is disposed.</summary>
internal sealed class TestTorrent : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("torrentps-");

    public TestTorrent(int pieceLength, IReadOnlyList<string> trackers, params (string Path, int Length)[] files)
        : this(pieceLength, trackers, false, null, files)
    {
    }

    public TestTorrent(
        int pieceLength,
        IReadOnlyList<string> trackers,
        bool isPrivate,
        IPEndPoint? node,
        params (string Path, int Length)[] files)
    {
        Source = _root.CreateSubdirectory("source").FullName;
        using var all = new MemoryStream();
        var random = new Random(7);
        foreach ((string path, int length) in files)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            string full = Path.Combine(Source, "content", path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(full, bytes);
            all.Write(bytes);
        }

        Metainfo = TorrentMetainfo.Parse(Build(pieceLength, trackers, isPrivate, node, files, all.ToArray()));
    }

    public TorrentMetainfo Metainfo { get; }

    /// <summary>The folder that holds the content.</summary>
    public string Source { get; }

    /// <summary>A folder to download into.</summary>
    public string Destination => Path.Combine(_root.FullName, "destination");

    /// <summary>The state folder of a session.</summary>
    public string State => Path.Combine(_root.FullName, "state");

    /// <summary>Settings of a session on loopback without DHT, local discovery and peer cache.</summary>
    public SessionSettings LocalSession => new()
    {
        Port = 0,
        BindAddress = IPAddress.Loopback,
        StateFolder = State,
        EnableDht = false,
        EnableLsd = false,
        EnablePortMapping = false,
        PeerCache = PeerCacheLocation.None,
    };

    /// <summary>Settings of a torrent that seeds the source until it is stopped.</summary>
    public TorrentSettings SeedSettings => new()
    {
        Destination = Source,
        Role = TorrentRole.Seed,
        StopWhen = StopWhen.Never,
    };

    /// <summary>Adds the torrent to a session as a seed of the source, and waits until it seeds.</summary>
    public async Task<Torrent> SeedAsync(TorrentSession session)
    {
        Torrent seed = session.Add(Metainfo, SeedSettings);
        await seed.ReachAsync(TorrentState.Seeding);
        return seed;
    }

    public void AssertDownloaded()
    {
        foreach (TorrentFile file in Metainfo.Files)
        {
            byte[] expected = File.ReadAllBytes(Path.Combine(Source, file.Path));
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(Destination, file.Path)));
        }
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static byte[] Build(
        int pieceLength,
        IReadOnlyList<string> trackers,
        bool isPrivate,
        IPEndPoint? node,
        (string Path, int Length)[] files,
        byte[] all)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        if (trackers.Count > 0)
            writer.WriteText("announce"u8, trackers[0]);
        writer.WriteKey("info"u8);
        writer.BeginDictionary();
        writer.WriteKey("files"u8);
        writer.BeginList();
        foreach ((string path, int length) in files)
        {
            writer.BeginDictionary();
            writer.WriteNumber("length"u8, length);
            writer.WriteKey("path"u8);
            writer.BeginList();
            foreach (string part in path.Split('/'))
                writer.WriteText(part);
            writer.End();
            writer.End();
        }

        writer.End();
        writer.WriteText("name"u8, "content");
        writer.WriteNumber("piece length"u8, pieceLength);
        using var hashes = new MemoryStream();
        for (int offset = 0; offset < all.Length; offset += pieceLength)
            hashes.Write(SHA1.HashData(all.AsSpan(offset, Math.Min(pieceLength, all.Length - offset))));
        writer.WriteBytes("pieces"u8, hashes.ToArray());
        if (isPrivate)
            writer.WriteNumber("private"u8, 1);
        writer.End();
        if (node is not null)
        {
            writer.WriteKey("nodes"u8);
            writer.BeginList();
            writer.BeginList();
            writer.WriteText($"{node.Address}");
            writer.WriteNumber(node.Port);
            writer.End();
            writer.End();
        }

        writer.End();
        return output.WrittenSpan.ToArray();
    }
}
