using System.Diagnostics;

namespace TorrentPS.Interop;

/// <summary>
/// Downloads of a magnet link with every client, direction and peer source. Each client and direction has a class of
/// its own, so that xunit runs them in parallel: they mostly wait for timers.
/// </summary>
public abstract class DiscoveryTests(Network network, RealClient client, Direction direction) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    public static TheoryData<PeerSourceKind> Sources() => [.. Enum.GetValues<PeerSourceKind>()];

    [SkippableTheory]
    [MemberData(nameof(Sources))]
    public async Task A_magnet_link_is_downloaded_with_one_peer_source(PeerSourceKind peerSource)
    {
        Requirements.Require(RealClient.Libtorrent, client);
        var clock = Stopwatch.StartNew();
        bool passed = false;
        try
        {
            using var environment = new TestEnvironment(network);
            TestTorrent torrent = await TestTorrent.CreateAsync(
                environment,
                TestContent.Of(Shape.ManyFiles),
                peerSource == PeerSourceKind.Tracker ? TrackerKind.Http : null);
            string folder = environment.NewFolder("download");
            await FetchAsync(environment, torrent, folder, peerSource);
            if (torrent.Content.DifferenceTo(folder, direction == Direction.Seed ? client : null) is { } difference)
                throw environment.Failure(difference);
            passed = true;
        }
        finally
        {
            MatrixReport.Add(client, direction, peerSource, passed, clock.Elapsed);
        }
    }

    private string SeedEndPoint => direction == Direction.Seed ? TorrentPsTool.EndPoint : ClientEndPoint;

    private string ClientEndPoint => $"{Network.RemoteAddress(0)}:{OtherClients.PortOf(client)}";

    /// <summary>
    /// Starts the seed before the leech, except for local discovery: clients query the other sources rarely.
    /// </summary>
    private async Task FetchAsync(
        TestEnvironment environment, TestTorrent torrent, string folder, PeerSourceKind peerSource)
    {
        switch (peerSource)
        {
            case PeerSourceKind.Tracker:
                environment.StartTracker(torrent);
                await SeedAsync(environment, torrent, peerSource);
                await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
                await LeechAsync(environment, torrent.Magnet(tracker: TrackerKind.Http), folder, peerSource);
                break;
            case PeerSourceKind.Dht:
                RunningProcess router = await environment.StartRouterAsync();
                await SeedAsync(environment, torrent, peerSource);
                await router.WaitForLineAsync(
                    "the seed's announcement", line => line == $"announced {torrent.InfoHash} {SeedEndPoint}", s_limit);
                await LeechAsync(environment, torrent.Magnet(), folder, peerSource);
                break;
            case PeerSourceKind.Pex:
                await SeedAsync(environment, torrent, peerSource);

                // Of the other clients only libtorrent connects to the peer of a magnet link (x.pe), so the introducer
                // must connect to the others.
                string[] others = direction == Direction.Seed ? [ClientEndPoint] : [];

                // aria2 disconnects from a peer without metadata.
                bool needsMetadata = direction == Direction.Seed && client == RealClient.Aria2;
                RunningProcess introducer = environment.StartIntroducer(
                    needsMetadata ? torrent.Path : torrent.InfoHash, [SeedEndPoint, .. others]);
                await introducer.WaitForLineAsync("the seed", line => line == $"knows {SeedEndPoint}", s_limit);
                await LeechAsync(environment, torrent.Magnet(peer: TestEnvironment.Introducer), folder, peerSource);
                break;
            default:
                // The leech starts first. Clients announce only every few minutes, so one must receive the first
                // announce of the other.
                Task leech = LeechAsync(environment, torrent.Magnet(), folder, peerSource);
                await SeedAsync(environment, torrent, peerSource);
                await leech;
                break;
        }
    }

    private async Task SeedAsync(TestEnvironment environment, TestTorrent torrent, PeerSourceKind peerSource)
    {
        if (direction == Direction.Download)
            await environment.SeedAsync(client, torrent, peerSource: peerSource);
        else
            TorrentPsTool.Seed(environment, torrent, torrent.Content.Folder, peerSource);
    }

    private Task LeechAsync(TestEnvironment environment, string magnet, string folder, PeerSourceKind peerSource) =>
        direction == Direction.Download
        ? TorrentPsTool.Download(environment, magnet, folder, TorrentPsTool.Only(peerSource)).SucceedAsync(s_limit)
        : environment.LeechAsync(client, magnet, folder, s_limit, peerSource);
}

public sealed class MagnetFromLibtorrentTests(Network network)
    : DiscoveryTests(network, RealClient.Libtorrent, Direction.Download);

public sealed class MagnetToLibtorrentTests(Network network)
    : DiscoveryTests(network, RealClient.Libtorrent, Direction.Seed);

public sealed class MagnetFromTransmissionTests(Network network)
    : DiscoveryTests(network, RealClient.Transmission, Direction.Download);

public sealed class MagnetToTransmissionTests(Network network)
    : DiscoveryTests(network, RealClient.Transmission, Direction.Seed);

public sealed class MagnetFromAria2Tests(Network network)
    : DiscoveryTests(network, RealClient.Aria2, Direction.Download);

public sealed class MagnetToAria2Tests(Network network) : DiscoveryTests(network, RealClient.Aria2, Direction.Seed);
