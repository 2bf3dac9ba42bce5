using System.Text.Json;

namespace TorrentPS.Interop;

/// <summary>A torrent file on a stage.</summary>
internal sealed record TestTorrent(string Path, string InfoHash, int PieceCount, TestContent Content)
{
    /// <summary>Makes it with <c>torrentps create</c>, so that what we write is what the others must read.</summary>
    public static async Task<TestTorrent> CreateAsync(Stage stage, TestContent content, TrackerKind? tracker, string version = "1", int? pieceLength = null, string? webSeed = null)
    {
        string file = System.IO.Path.Combine(stage.Folder, "test.torrent");
        RunningProcess create = stage.StartHere("torrentps create", TorrentPsTool.Executable, ["create", content.Root, "--output", file,
            .. tracker is { } kind ? new[] { "--tracker", Stage.AnnounceUrl(kind) } : [], .. webSeed is null ? Array.Empty<string>() : ["--web-seed", webSeed], "--piece-length", $"{pieceLength ?? content.PieceLength}", "--version", version, "--json"]);
        await create.SucceedAsync(TimeSpan.FromSeconds(30));
        using JsonDocument made = JsonDocument.Parse(create.Lines[^1]);
        return new TestTorrent(file, made.RootElement.GetProperty(nameof(InfoHash)).GetString()!, made.RootElement.GetProperty(nameof(PieceCount)).GetInt32(), content);
    }

    /// <summary>The link that says no more than the info hash and who is given here.</summary>
    public string Magnet(TrackerKind? tracker = null, string? peer = null) =>
        $"magnet:?xt=urn:btih:{InfoHash}{(tracker is { } kind ? $"&tr={Uri.EscapeDataString(Stage.AnnounceUrl(kind))}" : "")}{(peer is null ? "" : $"&x.pe={peer}")}";
}
