using System.Diagnostics;

namespace TorrentPS.Interop;

/// <summary>
/// The matrix: client × direction × tracker × shape, the content compared byte for byte. One class for each client and direction:
/// they mostly wait for each other's timers, so that classes side by side cost little.
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
    public async Task Content_arrives_byte_for_byte(TrackerKind tracker, Shape shape)
    {
        Requirements.Demand(client);
        var clock = Stopwatch.StartNew();
        bool passed = false;
        try
        {
            using var stage = new Stage(network);
            TestContent content = TestContent.Of(shape);
            TestTorrent torrent = await TestTorrent.CreateAsync(stage, content, tracker);
            stage.StartTracker(torrent);
            string folder = stage.NewFolder("download");
            if (direction == Direction.WeDownload)
                await DownloadFromAsync(stage, torrent, folder);
            else
                await SeedToAsync(stage, torrent, folder);
            if (content.DifferenceTo(folder, direction == Direction.WeSeed ? client : null) is { } difference)
                throw stage.Failure(difference);
            passed = true;
        }
        finally
        {
            MatrixReport.Add(client, direction, tracker, shape, passed, clock.Elapsed);
        }
    }

    private async Task DownloadFromAsync(Stage stage, TestTorrent torrent, string folder)
    {
        await stage.SeedAsync(client, torrent);
        await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
        await TorrentPsTool.Download(stage, torrent, folder).SucceedAsync(s_limit);
    }

    private async Task SeedToAsync(Stage stage, TestTorrent torrent, string folder)
    {
        RunningProcess seed = TorrentPsTool.Seed(stage, torrent, torrent.Content.Folder);
        await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
        await stage.LeechAsync(client, torrent.Path, folder, s_limit);
        int code = await seed.StopAsync("TERM", TimeSpan.FromSeconds(10));
        if (code != 0)
            throw seed.Failure($"the seed ended with code {code} when it was told to stop");
    }
}

public sealed class DownloadFromLibtorrentTests(Network network) : MatrixTests(network, RealClient.Libtorrent, Direction.WeDownload);

public sealed class SeedToLibtorrentTests(Network network) : MatrixTests(network, RealClient.Libtorrent, Direction.WeSeed);

public sealed class DownloadFromTransmissionTests(Network network) : MatrixTests(network, RealClient.Transmission, Direction.WeDownload);

public sealed class SeedToTransmissionTests(Network network) : MatrixTests(network, RealClient.Transmission, Direction.WeSeed);

public sealed class DownloadFromAria2Tests(Network network) : MatrixTests(network, RealClient.Aria2, Direction.WeDownload);

public sealed class SeedToAria2Tests(Network network) : MatrixTests(network, RealClient.Aria2, Direction.WeSeed);
