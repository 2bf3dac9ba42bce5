using System.Text.Json;

namespace TorrentPS.Interop;

/// <summary>The tool under test, run as its user runs it. <c>TORRENTPS_EXE</c> names another build of it, a published one say.</summary>
internal static class TorrentPsTool
{
    private const string Port = "7001";

    public static string Executable { get; } = Environment.GetEnvironmentVariable("TORRENTPS_EXE") ?? Path.Combine(AppContext.BaseDirectory, "torrentps");

    /// <summary>Where a download or seed listens.</summary>
    public static string EndPoint => $"{Network.OurAddress}:{Port}";

    public static RunningProcess Download(Stage stage, TestTorrent torrent, string folder, params IEnumerable<string> more) =>
        Download(stage, torrent.Path, folder, [.. Only(Way.Tracker), .. more]);

    /// <summary>Downloads a torrent file or magnet link.</summary>
    public static RunningProcess Download(Stage stage, string source, string folder, params IEnumerable<string> more) =>
        DownloadAt(stage, Network.OurAddress, source, folder, more);

    /// <summary>Downloads a torrent file or magnet link, from one address.</summary>
    public static RunningProcess DownloadAt(Stage stage, string address, string source, string folder, params IEnumerable<string> more) =>
        stage.StartHere("torrentps download", Executable, ["download", source, "--destination", folder, "--bind", address, "--port", Port, "--json", .. more]);

    public static RunningProcess Seed(Stage stage, TestTorrent torrent, string folder, Way way = Way.Tracker, string address = Network.OurAddress) =>
        stage.StartHere("torrentps seed", Executable, ["seed", torrent.Path, "--data", folder, "--bind", address, "--port", Port, "--json", .. Only(way)]);

    /// <summary>Connects these peers and tells each of the others; serves none of them, and fetches little.</summary>
    public static RunningProcess Introduce(Stage stage, TestTorrent torrent, params IEnumerable<string> peers) => stage.StartBetween(
        "torrentps introducer",
        Executable,
        [
            "download", torrent.Path, "--destination", stage.NewFolder("introducer"), "--bind", Network.ThirdAddress, "--port", $"{Stage.ThirdPort}", "--json",
            "--slots", "0", "--download-limit", "16K", .. peers.SelectMany(peer => new[] { "--peer", peer }), .. Only(Way.Pex),
        ]);

    /// <summary>The options that leave one way to find peers.</summary>
    public static IEnumerable<string> Only(Way way)
    {
        yield return way == Way.Dht ? $"--dht-bootstrap={Stage.Router}" : "--no-dht";
        if (way != Way.Pex)
            yield return "--no-pex";
        if (way != Way.Lsd)
            yield return "--no-lsd";
    }

    /// <summary>Waits until the download has got so far, in percent.</summary>
    public static Task ReachesAsync(this RunningProcess download, double percent, TimeSpan limit) =>
        download.WaitForLineAsync($"{percent} %", line => Property(line, "Progress") is { } p && p.GetDouble() >= percent && !line.Contains("\"Checking\"", StringComparison.Ordinal), limit);

    /// <summary>A number of the last object written: the result.</summary>
    public static long ResultNumber(this RunningProcess process, string property) =>
        process.Lines.Select(line => Property(line, property)).LastOrDefault(value => value is not null)?.GetInt64()
        ?? throw process.Failure($"{process.Name} wrote no {property}");

    private static JsonElement? Property(string line, string name)
    {
        if (!line.StartsWith('{'))
            return null;
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.TryGetProperty(name, out JsonElement value) ? value.Clone() : null;
    }
}
