using System.Text.Json;

namespace TorrentPS.Interop;

/// <summary>
/// Runs <c>torrentps</c>. The environment variable <c>TORRENTPS_EXE</c> can name another build, for example a published
/// one.
/// </summary>
internal static class TorrentPsTool
{
    private const string Port = "7001";

    public static string Executable { get; } =
        Environment.GetEnvironmentVariable("TORRENTPS_EXE") ?? Path.Combine(AppContext.BaseDirectory, "torrentps");

    /// <summary>The listening endpoint of a download or seed.</summary>
    public static string EndPoint => $"{Network.LocalAddress}:{Port}";

    public static RunningProcess Download(
        TestEnvironment environment, TestTorrent torrent, string folder, params IEnumerable<string> more) =>
        Download(environment, torrent.Path, folder, [.. Only(PeerSourceKind.Tracker), .. more]);

    /// <summary>Downloads a torrent file or magnet link.</summary>
    public static RunningProcess Download(
        TestEnvironment environment, string source, string folder, params IEnumerable<string> more) =>
        DownloadAt(environment, Network.LocalAddress, source, folder, more);

    /// <summary>Downloads a torrent file or magnet link, bound to a local address.</summary>
    public static RunningProcess DownloadAt(
        TestEnvironment environment, string address, string source, string folder, params IEnumerable<string> more) =>
        environment.StartLocal(
            "torrentps download",
            Executable,
            ["download", source, "--destination", folder, "--bind", address, "--port", Port, "--json", .. more]);

    public static RunningProcess Seed(
        TestEnvironment environment,
        TestTorrent torrent,
        string folder,
        PeerSourceKind peerSource = PeerSourceKind.Tracker,
        string address = Network.LocalAddress,
        params IEnumerable<string> more) =>
        environment.StartLocal(
            "torrentps seed",
            Executable,
            [
                "seed", torrent.Path, "--data", folder, "--bind", address, "--port", Port, "--json",
                .. Only(peerSource), .. more,
            ]);

    /// <summary>
    /// Connects to peers and sends each the addresses of the others (BEP 11). Uploads nothing and downloads slowly.
    /// </summary>
    public static RunningProcess Introduce(
        TestEnvironment environment, TestTorrent torrent, params IEnumerable<string> peers) =>
        environment.StartThird(
            "torrentps introducer",
            Executable,
            [
                "download",
                torrent.Path,
                "--destination",
                environment.NewFolder("introducer"),
                "--bind",
                Network.ThirdAddress,
                "--port",
                $"{TestEnvironment.ThirdPort}",
                "--json",
                "--slots",
                "0",
                "--download-limit",
                "16K",
                .. peers.SelectMany(peer => new[] { "--peer", peer }),
                .. Only(PeerSourceKind.Pex),
            ]);

    /// <summary>Options that leave one peer source enabled, besides trackers.</summary>
    public static IEnumerable<string> Only(PeerSourceKind peerSource)
    {
        yield return peerSource == PeerSourceKind.Dht ? $"--dht-bootstrap={TestEnvironment.Router}" : "--no-dht";
        if (peerSource != PeerSourceKind.Pex)
            yield return "--no-pex";
        if (peerSource != PeerSourceKind.Lsd)
            yield return "--no-lsd";
    }

    /// <summary>Waits until a download has reached a progress, in percent.</summary>
    public static Task WaitForProgressAsync(this RunningProcess download, double percent, TimeSpan limit) =>
        download.WaitForLineAsync(
            $"{percent} %",
            line => Property(line, "Progress") is { } p && p.GetDouble() >= percent && !line.Contains(
                "\"Checking\"", StringComparison.Ordinal),
            limit);

    /// <summary>Returns a number from the last JSON object of the output that has the property.</summary>
    public static long ResultNumber(this RunningProcess process, string property) =>
        process.Lines.Select(line => Property(line, property)).LastOrDefault(value => value is not null)?.GetInt64()
        ?? throw process.Failure($"{process.Name} wrote no property {property}");

    private static JsonElement? Property(string line, string name)
    {
        if (!line.StartsWith('{'))
            return null;
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.TryGetProperty(name, out JsonElement value) ? value.Clone() : null;
    }
}
