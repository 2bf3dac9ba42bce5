using System.Globalization;
using TorrentPS.Engine.Tests.Storage;

namespace TorrentPS.Interop;

/// <summary>
/// A process replaces a folder by a symbolic link as fast as it can while torrentps downloads into the folder.
/// </summary>
public sealed class LinkRaceTests(Network network) : IClassFixture<Network>
{
    /// <summary>
    /// Number of downloads. The environment variable <c>TORRENTPS_RACE_RUNS</c> sets another number: 1,000 take about
    /// half an hour. The test of the same name in TorrentPS.Engine.Tests always has 1,000 runs, without processes.
    /// </summary>
    private static readonly int s_runs = int.Parse(
        Environment.GetEnvironmentVariable("TORRENTPS_RACE_RUNS") ?? "8", CultureInfo.InvariantCulture);

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task A_download_writes_nothing_outside_its_destination()
    {
        Requirements.Require();
        using var environment = new TestEnvironment(network);
        var content = TestContent.Of(Shape.ManyFiles);
        TestTorrent torrent = await TestTorrent.CreateAsync(environment, content, tracker: null);
        RunningProcess seed = TorrentPsTool.Seed(environment, torrent, content.Folder);
        await seed.WaitForLineAsync(
            "seeding", line => line.Contains("\"Seeding\"", StringComparison.Ordinal), s_limit);
        string outside = environment.NewFolder("outside");
        string link = Path.Combine(environment.Folder, "link");
        int refused = 0;
        for (int run = 0; run < s_runs; run++)
        {
            string destination = environment.NewFolder($"run {run}");
            string swapped = Directory.CreateDirectory(Path.Combine(destination, "ManyFiles", "small")).FullName;
            File.CreateSymbolicLink(link, outside);
            int code;
            using (new FolderSwapper(swapped, link))
                code = await Download(environment, torrent, destination).WaitForExitAsync(s_limit);
            Assert.True(code is 0 or 1, $"torrentps ended with code {code}");
            refused += code;
            if (Directory.Exists(link))
                Directory.Delete(link, recursive: File.ResolveLinkTarget(link, returnFinalTarget: false) is null);
            Directory.Delete(destination, recursive: true);
        }

        Assert.True(refused > 0, $"No link was in the way in {s_runs} runs.");
        int escaped = Directory.GetFiles(outside, "*", SearchOption.AllDirectories).Length;
        Assert.True(escaped == 0, $"{escaped} files were created outside in {s_runs} runs.");
    }

    private static RunningProcess Download(TestEnvironment environment, TestTorrent torrent, string destination) =>
        environment.StartLocal(
            "torrentps download",
            TorrentPsTool.Executable,
            [
                "download",
                torrent.Path,
                "--destination",
                destination,
                "--bind",
                Network.LocalAddress,
                "--port",
                "0",
                "--peer",
                TorrentPsTool.EndPoint,
                "--quiet",
                .. TorrentPsTool.Only(PeerSourceKind.Tracker),
            ]);
}
