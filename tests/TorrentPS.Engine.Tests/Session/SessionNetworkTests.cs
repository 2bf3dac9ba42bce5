using System.Net;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>A session that is bound to an interface, which disappears and returns.</summary>
public sealed class SessionNetworkTests : IDisposable
{
    private static readonly LocalInterface s_loopback = new("lo", 1, true, [IPAddress.Loopback]);

    private readonly TestTorrent _content = new(32 * 1024, [], ("a.bin", 100_001));
    private volatile LocalInterface[] _interfaces = [s_loopback];

    public void Dispose() => _content.Dispose();

    [SkippableFact]
    public async Task The_torrents_pause_while_the_interface_is_gone_and_then_continue()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The loopback interface has another name.");
        await using var seeds = new TorrentSession(_content.LocalSession);
        await _content.SeedAsync(seeds);
        await using var session = Bound();
        Torrent download = session.Add(
            _content.Metainfo, new TorrentSettings { Destination = _content.Destination, StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Downloading);
        int port = session.ListenPort!.Value;

        _interfaces = [];
        await session.RefreshNetworkAsync();
        await download.ReachAsync(TorrentState.Paused);
        Assert.Equal((TorrentFaultId.InterfaceUnavailable, "lo"), (download.Status.Fault!.Id, download.Status.Fault.Target));
        Assert.Contains("'lo' is not available", download.Status.Fault.Message, StringComparison.Ordinal);

        // The system gives an interface that is created anew another number.
        _interfaces = [s_loopback with { Index = 7 }];
        await session.RefreshNetworkAsync();
        await download.ReachAsync(TorrentState.Downloading);
        Assert.Null(download.Status.Fault);
        Assert.Equal(port, session.ListenPort);

        // A seed connects to the port that was bound again.
        seeds.Torrents[0].AddPeers([new IPEndPoint(IPAddress.Loopback, port)]);
        await download.ReachAsync(TorrentState.Seeding);
    }

    [SkippableFact]
    public async Task When_the_interface_was_replaced_between_two_checks_a_seed_is_connected_again_at_once()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The loopback interface has another name.");
        await using var session = Bound();
        Torrent seed = await _content.SeedAsync(session);
        await using var peers = new TorrentSession(
            _content.LocalSession with { StateFolder = Path.Combine(_content.State, "peer") });
        Torrent download = peers.Add(
            _content.Metainfo,
            new TorrentSettings { Destination = _content.Destination, DownloadLimit = 1000, StopWhen = StopWhen.Never });
        seed.AddPeers([new IPEndPoint(IPAddress.Loopback, peers.ListenPort!.Value)]);
        await ConnectedAsync(session, 1);

        _interfaces = [s_loopback with { Index = 7 }];
        await session.RefreshNetworkAsync();

        await ConnectedAsync(session, 2);
        Assert.Equal(TorrentState.Downloading, download.Status.State);
        Assert.Contains(
            "'lo' was replaced",
            Assert.Single(session.Events.GetEvents(), entry => entry.Kind == SessionEventKind.NetworkReturned).Message,
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_torrent_that_the_user_paused_stays_paused_when_the_interface_returns()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The loopback interface has another name.");
        await using var session = Bound();
        Torrent download = session.Add(
            _content.Metainfo, new TorrentSettings { Destination = _content.Destination });
        await download.ReachAsync(TorrentState.Downloading);
        download.Pause();
        await download.ReachAsync(TorrentState.Paused);

        _interfaces = [];
        await session.RefreshNetworkAsync();
        _interfaces = [s_loopback];
        await session.RefreshNetworkAsync();
        await download.GetPeersAsync();

        Assert.Equal((TorrentState.Paused, null), (download.Status.State, download.Status.Fault));
    }

    [Fact]
    public async Task A_session_with_an_unknown_interface_starts_no_torrent()
    {
        await using var session = new TorrentSession(_content.LocalSession with { BindAddress = null, Interface = "wg9" });

        SessionException error = Assert.Throws<SessionException>(
            () => session.Add(_content.Metainfo, new TorrentSettings { Destination = _content.Destination }));

        Assert.Equal(SessionErrorId.InterfaceUnavailable, error.Id);
        Assert.Contains("'wg9' is not available", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_and_an_interface_exclude_each_other()
    {
        SessionException error = Assert.Throws<SessionException>(
            () => new SessionSettings { BindAddress = IPAddress.Loopback, Interface = "lo" }.Check());

        Assert.Equal(SessionErrorId.BadSettings, error.Id);
    }

    /// <summary>Waits until peers have connected for a number of times.</summary>
    private static async Task ConnectedAsync(TorrentSession session, int times)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (SessionEvent entry in session.Events.WatchAsync(0, limit.Token))
        {
            if (entry.Kind == SessionEventKind.PeerConnected && --times == 0)
                return;
        }
    }

    private TorrentSession Bound() => new(_content.LocalSession with { BindAddress = null, Interface = "lo" })
    {
        ReadInterfaces = () => _interfaces,
    };
}
