using System.Text.Json;

namespace TorrentPS.Interop;

/// <summary>The torrent file of a test.</summary>
internal sealed record TestTorrent(string Path, string InfoHash, int PieceCount, TestContent Content)
{
    /// <summary>Creates the file with <c>torrentps create</c>, so that the other clients read its output.</summary>
    public static async Task<TestTorrent> CreateAsync(
        TestEnvironment environment,
        TestContent content,
        TrackerKind? tracker,
        string version = "1",
        int? pieceLength = null,
        string? webSeed = null)
    {
        string file = System.IO.Path.Combine(environment.Folder, "test.torrent");
        string[] trackers = tracker is { } kind ? ["--tracker", TestEnvironment.AnnounceUrl(kind)] : [];
        string[] webSeeds = webSeed is null ? [] : ["--web-seed", webSeed];
        RunningProcess create = environment.StartLocal(
            "torrentps create",
            TorrentPsTool.Executable,
            [
                "create",
                content.Root,
                "--output",
                file,
                .. trackers,
                .. webSeeds,
                "--piece-length",
                $"{pieceLength ?? content.PieceLength}",
                "--version",
                version,
                "--json",
            ]);
        await create.SucceedAsync(TimeSpan.FromSeconds(30));
        using JsonDocument made = JsonDocument.Parse(create.Lines[^1]);
        return new TestTorrent(
            file,
            made.RootElement.GetProperty(nameof(InfoHash)).GetString()!,
            made.RootElement.GetProperty(nameof(PieceCount)).GetInt32(),
            content);
    }

    /// <summary>Returns a magnet link with the info hash, and a tracker or peer if given.</summary>
    public string Magnet(TrackerKind? tracker = null, string? peer = null)
    {
        string link = $"magnet:?xt=urn:btih:{InfoHash}";
        if (tracker is { } kind)
            link += $"&tr={Uri.EscapeDataString(TestEnvironment.AnnounceUrl(kind))}";
        return peer is null ? link : $"{link}&x.pe={peer}";
    }
}
