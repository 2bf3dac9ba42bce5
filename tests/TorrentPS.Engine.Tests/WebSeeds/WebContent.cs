using System.Net;
using TorrentPS.Engine.Tests.Storage;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Tests.WebSeeds;

/// <summary>A torrent with a web seed, and the web server that has its content.</summary>
internal sealed class WebContent : IAsyncDisposable
{
    public const int PieceLength = 64 * 1024;

    private readonly TempFolder _folder = new();

    private WebContent(string name) => Source = _folder[name];

    public WebServer Server { get; } = new();

    public TorrentMetainfo Metainfo { get; private set; } = null!;

    /// <summary>The file or folder that is the content.</summary>
    public string Source { get; }

    public string Destination => _folder["destination"];

    /// <summary>Creates a folder with files of the given lengths.</summary>
    public static async Task<WebContent> OfFilesAsync(
        (string Path, int Length)[] files,
        MetainfoVersion version = MetainfoVersion.V1,
        Func<WebContent, string[]>? seeds = null,
        bool isPrivate = false)
    {
        var content = new WebContent("content");
        var random = new Random(7);
        foreach ((string path, int length) in files)
        {
            string full = Path.Combine(content.Source, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            await File.WriteAllBytesAsync(full, bytes);
        }

        content.Server.Publish(content.Source);
        return await content.WithTorrentAsync(version, seeds ?? (web => [web.Server.Url()]), isPrivate);
    }

    /// <summary>A single file.</summary>
    public static async Task<WebContent> OfFileAsync(int length, string seed = "/file.bin")
    {
        var content = new WebContent("file.bin");
        byte[] bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(content.Source, bytes);
        content.Server.Files["/file.bin"] = bytes;
        return await content.WithTorrentAsync(MetainfoVersion.V1, web => [web.Server.Url(seed)], isPrivate: false);
    }

    /// <summary>Settings of a session that listens on loopback and uses no peer source of its own.</summary>
    public SessionSettings Session(string name) => new()
    {
        Port = 0,
        BindAddress = IPAddress.Loopback,
        StateFolder = _folder[name],
        EnableDht = false,
        EnableLsd = false,
        EnablePortMapping = false,
        PeerCache = PeerCacheLocation.None,
    };

    public void AssertDownloaded()
    {
        string root = Path.GetDirectoryName(Source)!;
        foreach (TorrentFile file in Metainfo.Files.Where(file => !file.IsPadding))
            Assert.Equal(File.ReadAllBytes(Path.Combine(root, file.OriginalPath ?? file.Path)), File.ReadAllBytes(
                Path.Combine(Destination, file.Path)));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<WebContent> WithTorrentAsync(
        MetainfoVersion version, Func<WebContent, string[]> seeds, bool isPrivate)
    {
        var options = new TorrentCreationOptions
        {
            Version = version,
            PieceLength = PieceLength,
            WebSeeds = seeds(this),
            IsPrivate = isPrivate,
        };
        Metainfo = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(Source, options));
        return this;
    }
}
