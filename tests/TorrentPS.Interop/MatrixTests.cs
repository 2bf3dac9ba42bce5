using System.Diagnostics;

namespace TorrentPS.Interop;

/// <summary>
/// Transfers with every client, direction, tracker protocol and content. Each client and direction has a class of its
/// own, so that xunit runs them in parallel: they mostly wait for timers.
/// </summary>
public abstract class MatrixTests(Network network, RealClient client, Direction direction) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static TheoryData<TrackerKind, Shape> Cases()
    {
        var cases = new TheoryData<TrackerKind, Shape>();
        foreach (TrackerKind tracker in Enum.GetValues<TrackerKind>())
        {
            foreach (Shape shape in Enum.GetValues<Shape>())
                cases.Add(tracker, shape);
        }

        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task The_downloaded_content_equals_the_original(TrackerKind tracker, Shape shape)
    {
        Requirements.Require(client);
        var clock = Stopwatch.StartNew();
        bool passed = false;
        try
        {
            using var environment = new TestEnvironment(network);
            TestContent content = TestContent.Of(shape);
            TestTorrent torrent = await TestTorrent.CreateAsync(environment, content, tracker);
            environment.StartTracker(torrent);
            string folder = environment.NewFolder("download");
            if (direction == Direction.Download)
                await DownloadFromAsync(environment, torrent, folder);
            else
                await SeedToAsync(environment, torrent, folder);
            if (content.DifferenceTo(folder, direction == Direction.Seed ? client : null) is { } difference)
                throw environment.Failure(difference);
            passed = true;
        }
        finally
        {
            MatrixReport.Add(client, direction, tracker, shape, passed, clock.Elapsed);
        }
    }

    private async Task DownloadFromAsync(TestEnvironment environment, TestTorrent torrent, string folder)
    {
        await environment.SeedAsync(client, torrent);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
        await TorrentPsTool.Download(environment, torrent, folder).SucceedAsync(s_limit);
    }

    private async Task SeedToAsync(TestEnvironment environment, TestTorrent torrent, string folder)
    {
        RunningProcess seed = TorrentPsTool.Seed(environment, torrent, torrent.Content.Folder);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
        await environment.LeechAsync(client, torrent.Path, folder, s_limit);
        int code = await seed.StopAsync("TERM", TimeSpan.FromSeconds(10));
        if (code != 0)
            throw seed.Failure($"the seed ended with code {code} after SIGTERM");
    }
}

public sealed class DownloadFromLibtorrentTests(Network network)
    : MatrixTests(network, RealClient.Libtorrent, Direction.Download);

public sealed class SeedToLibtorrentTests(Network network)
    : MatrixTests(network, RealClient.Libtorrent, Direction.Seed);

public sealed class DownloadFromTransmissionTests(Network network)
    : MatrixTests(network, RealClient.Transmission, Direction.Download);

public sealed class SeedToTransmissionTests(Network network)
    : MatrixTests(network, RealClient.Transmission, Direction.Seed);

public sealed class DownloadFromAria2Tests(Network network)
    : MatrixTests(network, RealClient.Aria2, Direction.Download);

public sealed class SeedToAria2Tests(Network network) : MatrixTests(network, RealClient.Aria2, Direction.Seed);

public sealed class DownloadFromRTorrentTests(Network network)
    : MatrixTests(network, RealClient.RTorrent, Direction.Download);

public sealed class SeedToRTorrentTests(Network network) : MatrixTests(network, RealClient.RTorrent, Direction.Seed);
