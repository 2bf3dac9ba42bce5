using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Tests.Discovery;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>
/// Peer sources that are switched on and off while torrents run. A private torrent in the same session must use none
/// of them (BEP 27).
/// </summary>
public sealed class LiveDiscoveryTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _open = new(16 * 1024, [], ("a", 200_000));
    private readonly TestTorrent _closed = new(16 * 1024, [], true, null, ("b", 20_001));

    public void Dispose()
    {
        _open.Dispose();
        _closed.Dispose();
    }

    [Fact]
    public async Task The_DHT_announces_public_torrents_when_switched_on_and_closes_and_saves_when_switched_off()
    {
        await using DhtService middle = Middle();
        await using TorrentSession session = new(
            _open.LocalSession with { DhtBootstrap = [$"127.0.0.1:{middle.Port}"] });
        session.Add(_closed.Metainfo, _closed.SeedSettings);
        await session.ApplyAsync(settings => settings with { EnableDht = true });
        Assert.Null(session.Dht);
        await session.ApplyAsync(settings => settings with { EnableDht = false });
        session.Add(_open.Metainfo, _open.SeedSettings);

        await session.ApplyAsync(settings => settings with { EnableDht = true });
        await UntilAsync(() => middle.Status.Nodes[0].StoredPeers == 1);
        int port = session.Dht!.Port;
        Assert.True((await GreetAsync(session, _open.Metainfo.WireHash)).Has(PeerFeatures.Dht));
        Assert.False((await GreetAsync(session, _closed.Metainfo.WireHash)).Has(PeerFeatures.Dht));
        await session.ApplyAsync(settings => settings with { EnableDht = false });

        Assert.Null(session.Dht);
        Assert.False((await GreetAsync(session, _open.Metainfo.WireHash)).Has(PeerFeatures.Dht));
        using (var free = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
            free.Bind(new IPEndPoint(IPAddress.Loopback, port));
        Assert.True(File.Exists(Path.Combine(_open.State, "dht.dat")));

        // The saved routing table is enough to join without bootstrap nodes.
        await session.ApplyAsync(settings => settings with { EnableDht = true, DhtBootstrap = [] });
        await UntilAsync(() => session.Dht is { IsConnected: true });
        Assert.Equal(port, session.Dht!.Port);
        Assert.Equal(1, middle.Status.Nodes[0].StoredTorrents);
    }

    [Fact]
    public async Task A_changed_list_of_bootstrap_nodes_is_queried_at_once()
    {
        await using DhtService middle = Middle();
        await using TorrentSession session = new(_open.LocalSession with { EnableDht = true, DhtBootstrap = [] });
        session.Add(_open.Metainfo, _open.SeedSettings);
        Assert.Equal(DiscoveryState.Waiting, session.Discovery.Dht.State);

        await session.ApplyAsync(settings => settings with { DhtBootstrap = [$"127.0.0.1:{middle.Port}"] });

        await UntilAsync(() => session.Discovery.Dht.State == DiscoveryState.Running);
    }

    [Fact]
    public async Task Local_discovery_announces_and_finds_peers_only_while_it_is_on()
    {
        using var ear = new LsdReceiver(IPAddress.Loopback);
        await using TorrentSession seeds = new(_open.LocalSession);
        await using TorrentSession leeches = new(_open.LocalSession);
        seeds.Add(_open.Metainfo, _open.SeedSettings);
        seeds.Add(_closed.Metainfo, _closed.SeedSettings);
        Torrent download = leeches.Add(_open.Metainfo, Download(_open));

        await leeches.ApplyAsync(settings => settings with { EnableLsd = true });
        await ear.ExpectAsync(_open.Metainfo.WireHash).WaitAsync(s_limit);
        await leeches.ApplyAsync(settings => settings with { EnableLsd = false });
        Assert.Equal(DiscoveryStatus.Off, leeches.Discovery.Lsd);
        await seeds.ApplyAsync(settings => settings with { EnableLsd = true });
        await UntilAsync(() => seeds.Discovery.Lsd.State == DiscoveryState.Running);
        Assert.Equal(0, download.Status.KnownPeers);

        await leeches.ApplyAsync(settings => settings with { EnableLsd = true });
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        Assert.DoesNotContain(_closed.Metainfo.WireHash, ear.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Peer_exchange_works_on_existing_connections_after_it_is_switched_on(bool thirdIsOff)
    {
        using var nothing = new TestTorrent(16 * 1024, [], ("a", 200_000));
        await using TorrentSession seeds = new(_open.LocalSession with { EnablePex = false });
        await using TorrentSession thirds = new(nothing.LocalSession with { EnablePex = !thirdIsOff });
        await using TorrentSession leeches = new(_open.LocalSession with { EnablePex = thirdIsOff });
        seeds.Add(_open.Metainfo, _open.SeedSettings);
        Torrent third = thirds.Add(_open.Metainfo, new TorrentSettings
        {
            Destination =
            nothing.Destination,
            DownloadLimit = 20_000,
            StopWhen = StopWhen.Never
        });
        third.AddPeers([At(seeds)]);
        Torrent download = leeches.Add(_open.Metainfo, Download(_open) with { Peers = [At(thirds)] });
        await UntilAsync(() => third.Status.Peers == 2 && download.Status.Peers == 1);

        await (thirdIsOff ? thirds : leeches).ApplyAsync(settings => settings with { EnablePex = true });

        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
    }

    [Fact]
    public async Task A_download_of_metadata_uses_a_DHT_that_is_switched_on_meanwhile()
    {
        await using DhtService middle = Middle();
        await using TorrentSession seeds = new(
            _open.LocalSession with { EnableDht = true, DhtBootstrap = [$"127.0.0.1:{middle.Port}"] });
        await using TorrentSession leeches = new(
            _open.LocalSession with
            {
                StateFolder = Path.Combine(_open.State, "leech"),
                DhtBootstrap =
                [$"127.0.0.1:{middle.Port}"]
            });
        seeds.Add(_open.Metainfo, _open.SeedSettings);
        await UntilAsync(() => middle.Status.Nodes[0].StoredPeers == 1);
        Torrent download = leeches.Add(_open.Metainfo.ToMagnet(), Download(_open) with { StopWhen = StopWhen.Never });
        Assert.Equal(TorrentState.DownloadingMetadata, download.Status.State);
        Assert.Null(download.Status.Path);

        await leeches.ApplyAsync(settings => settings with { EnableDht = true });

        await UntilAsync(() => download.Status.State == TorrentState.Seeding);
        Assert.Equal(Path.Combine(_open.Destination, "content"), download.Status.Path);
        await UntilAsync(() => middle.Status.Nodes[0].StoredPeers == 2);
        _open.AssertDownloaded();
    }

    [Fact]
    public async Task A_new_peer_cache_is_read_at_once_and_a_removed_one_is_not_written()
    {
        await using TorrentSession seeds = new(_open.LocalSession);
        seeds.Add(_open.Metainfo, _open.SeedSettings);
        await using (TorrentSession first = new(_open.LocalSession with { PeerCache = PeerCacheLocation.File }))
            await first.Add(_open.Metainfo, Download(_open) with { Peers = [At(seeds)] }).Completion.WaitAsync(s_limit);
        Directory.Delete(_open.Destination, recursive: true);
        string elsewhere = Path.Combine(_closed.State, "peers");

        await using (TorrentSession session = new(_open.LocalSession with { PeerCache = PeerCacheLocation.None }))
        {
            Torrent download = session.Add(_open.Metainfo, Download(_open));
            await session.ApplyAsync(settings => settings with { PeerCache = PeerCacheLocation.Parse("file") });
            Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        }

        Directory.Delete(_open.Destination, recursive: true);
        await using (TorrentSession session = new(_open.LocalSession with
        {
            PeerCache =
            PeerCacheLocation.File,
            StateFolder = _closed.State
        }))
        {
            Torrent download = session.Add(_open.Metainfo, Download(_open));
            await session.ApplyAsync(settings => settings with { PeerCache = PeerCacheLocation.Parse("none") });
            download.AddPeers([At(seeds)]);
            Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
            Assert.Equal(DiscoveryStatus.Off, session.Discovery.PeerCache);
        }

        Assert.False(Directory.Exists(elsewhere));
    }

    [Fact]
    public async Task A_peer_cache_that_does_not_answer_is_reported_and_can_be_replaced_at_once()
    {
        // A server that accepts connections and never sends anything.
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using TorrentSession session = new(_open.LocalSession);
        session.Add(_open.Metainfo, _open.SeedSettings);

        await session.ApplyAsync(
            settings => settings with { PeerCache = PeerCacheLocation.Parse($"redis://{mute.LocalEndpoint}") });
        await UntilAsync(() => session.Discovery.PeerCache.State == DiscoveryState.Failed);
        await session.ApplyAsync(
            settings => settings with { PeerCache = PeerCacheLocation.Parse($"redis://:other@{mute.LocalEndpoint}") });
        await session.ApplyAsync(settings => settings with { PeerCache = PeerCacheLocation.Parse("file") })
            .WaitAsync(s_limit);

        Assert.Equal(DiscoveryStatus.Running, session.Discovery.PeerCache);
    }

    [Fact]
    public async Task Many_switches_while_torrents_are_added_and_removed_all_complete()
    {
        await using DhtService middle = Middle();
        var random = new Random(5);
        TorrentSession session = new(_open.LocalSession with { DhtBootstrap = [$"127.0.0.1:{middle.Port}"] });
        session.Add(_closed.Metainfo, _closed.SeedSettings);
        var changes = new List<Task>();
        for (int i = 0; i < 60; i++)
        {
            changes.Add(session.ApplyAsync(settings => settings with
            {
                EnableDht = random.Next(2) == 0,
                EnableLsd = random.Next(2) == 0,
                EnablePex = random.Next(2) == 0,
                PeerCache = random.Next(2) == 0 ? PeerCacheLocation.File : PeerCacheLocation.None,
            }));
            if (i % 10 == 0)
                session.Add(_open.Metainfo, _open.SeedSettings);
            if (i % 10 == 5)
                await session.RemoveAsync(session.Find(_open.Metainfo.WireHash)!);
        }

        Task end = session.DisposeAsync().AsTask();
        changes.Add(end);
        Task all = Task.WhenAll(changes);
        await Task.WhenAny(all, Task.Delay(s_limit));

        Assert.True(all.IsCompleted, "A change or the close does not complete.");
        Assert.True(end.IsCompletedSuccessfully);
        Assert.All(changes, change => Assert.True(
            change.IsCompletedSuccessfully || change.Exception!.InnerException is ObjectDisposedException));
        Assert.Equal(0, session.BlocksOutstanding);
    }

    private static DhtService Middle()
    {
        DhtService service = DhtService.TryOpen(new DhtServiceSettings { Binding = new NetworkBinding(IPAddress.Loopback) })!;
        service.Start();
        return service;
    }

    private static async Task<Handshake> GreetAsync(TorrentSession session, InfoHash torrent)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(At(session));
        return (await HandshakeExchange.InitiateAsync(
            new TcpStream(socket),
            new Handshake(HandshakeExchange.Features, torrent, LocalPeerId.Create(new SecureRandom())),
            default))!.Value;
    }

    private static IPEndPoint At(TorrentSession session) => new(IPAddress.Loopback, session.ListenPort!.Value);

    private static TorrentSettings Download(TestTorrent content) => new() { Destination = content.Destination };

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!holds())
            await Task.Delay(20, limit.Token);
    }
}
