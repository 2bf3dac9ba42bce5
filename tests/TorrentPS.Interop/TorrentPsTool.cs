using System.Text.Json;

namespace TorrentPS.Interop;

/// <summary>The tool under test, run as its user runs it. <c>TORRENTPS_EXE</c> names another build of it, a published one say.</summary>
internal static class TorrentPsTool
{
    public static string Executable { get; } = Environment.GetEnvironmentVariable("TORRENTPS_EXE") ?? Path.Combine(AppContext.BaseDirectory, "torrentps");

    public static RunningProcess Download(Stage stage, TestTorrent torrent, string folder, params IEnumerable<string> more) =>
        stage.StartHere("torrentps download", Executable,
            ["download", torrent.Path, "--destination", folder, "--bind", Network.OurAddress, "--port", "7001", "--json", .. more]);

    public static RunningProcess Seed(Stage stage, TestTorrent torrent, string folder, params IEnumerable<string> more) =>
        stage.StartHere("torrentps seed", Executable, ["seed", torrent.Path, "--data", folder, "--bind", Network.OurAddress, "--port", "7001", "--json", .. more]);

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
