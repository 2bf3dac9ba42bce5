using System.Diagnostics;

namespace TorrentPS.Interop;

/// <summary>
/// The discovery matrix: client × direction × way. One end has the content, the other nothing but a magnet link and one way to find peers.
/// One class for each client and direction: they mostly wait for each other's timers, so that classes side by side cost little.
/// </summary>
public abstract class DiscoveryTests(Network network, RealClient client, Direction direction) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    public static TheoryData<Way> Ways() => [.. Enum.GetValues<Way>()];

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task A_magnet_link_is_enough(Way way)
    {
        Requirements.Demand(RealClient.Libtorrent, client);
        var clock = Stopwatch.StartNew();
        bool passed = false;
        try
        {
            using var stage = new Stage(network);
            TestTorrent torrent = await TestTorrent.CreateAsync(stage, TestContent.Of(Shape.ManyFiles), way == Way.Tracker ? TrackerKind.Http : null);
            string folder = stage.NewFolder("download");
            await FetchAsync(stage, torrent, folder, way);
            if (torrent.Content.DifferenceTo(folder, direction == Direction.WeSeed ? client : null) is { } difference)
                throw stage.Failure(difference);
            passed = true;
        }
        finally
        {
            MatrixReport.Add(client, direction, way, passed, clock.Elapsed);
        }
    }

    private string SeedEndPoint => direction == Direction.WeSeed ? TorrentPsTool.EndPoint : $"{Network.PeerAddress(0)}:{OtherClients.PortOf(client)}";

    /// <summary>Who is to be found must be there before the search, where a search is made only now and then.</summary>
    private async Task FetchAsync(Stage stage, TestTorrent torrent, string folder, Way way)
    {
        switch (way)
        {
            case Way.Tracker:
                stage.StartTracker(torrent);
                await SeedAsync(stage, torrent, way);
                await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
                await LeechAsync(stage, torrent.Magnet(tracker: TrackerKind.Http), folder, way);
                break;
            case Way.Dht:
                RunningProcess router = await stage.StartRouterAsync();
                await SeedAsync(stage, torrent, way);
                await router.WaitForLineAsync("the seed's announcement", line => line == $"announced {torrent.InfoHash} {SeedEndPoint}", s_limit);
                await LeechAsync(stage, torrent.Magnet(), folder, way);
                break;
            case Way.Pex:
                await SeedAsync(stage, torrent, way);
                // Of the other clients only libtorrent takes a peer's address from a magnet link, so that they must be called.
                string[] others = direction == Direction.WeSeed ? [$"{Network.PeerAddress(0)}:{OtherClients.PortOf(client)}"] : [];
                // aria2 leaves a peer that has no metadata for it.
                string known = direction == Direction.WeSeed && client == RealClient.Aria2 ? torrent.Path : torrent.InfoHash;
                RunningProcess introducer = stage.StartIntroducer(known, [SeedEndPoint, .. others]);
                await introducer.WaitForLineAsync("the seed", line => line == $"knows {SeedEndPoint}", s_limit);
                await LeechAsync(stage, torrent.Magnet(peer: Stage.Introducer), folder, way);
                break;
            default:
                // The leech is there first, so that it has to hear the seed or the seed it; none of them asks again within minutes.
                Task leech = LeechAsync(stage, torrent.Magnet(), folder, way);
                await SeedAsync(stage, torrent, way);
                await leech;
                break;
        }
    }

    private async Task SeedAsync(Stage stage, TestTorrent torrent, Way way)
    {
        if (direction == Direction.WeDownload)
            await stage.SeedAsync(client, torrent, way: way);
        else
            TorrentPsTool.Seed(stage, torrent, torrent.Content.Folder, way);
    }

    private Task LeechAsync(Stage stage, string magnet, string folder, Way way) => direction == Direction.WeDownload
        ? TorrentPsTool.Download(stage, magnet, folder, TorrentPsTool.Only(way)).SucceedAsync(s_limit)
        : stage.LeechAsync(client, magnet, folder, s_limit, way);
}

public sealed class MagnetFromLibtorrentTests(Network network) : DiscoveryTests(network, RealClient.Libtorrent, Direction.WeDownload);

public sealed class MagnetToLibtorrentTests(Network network) : DiscoveryTests(network, RealClient.Libtorrent, Direction.WeSeed);

public sealed class MagnetFromTransmissionTests(Network network) : DiscoveryTests(network, RealClient.Transmission, Direction.WeDownload);

public sealed class MagnetToTransmissionTests(Network network) : DiscoveryTests(network, RealClient.Transmission, Direction.WeSeed);

public sealed class MagnetFromAria2Tests(Network network) : DiscoveryTests(network, RealClient.Aria2, Direction.WeDownload);

public sealed class MagnetToAria2Tests(Network network) : DiscoveryTests(network, RealClient.Aria2, Direction.WeSeed);
