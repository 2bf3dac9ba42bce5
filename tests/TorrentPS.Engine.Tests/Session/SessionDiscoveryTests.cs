using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>The status of a session's peer sources.</summary>
public sealed class SessionDiscoveryTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Without_a_public_torrent_enabled_sources_are_idle_and_disabled_ones_are_off()
    {
        using var secret = new TestTorrent(16 * 1024, [], true, null, ("a", 20_000));
        await using var on = new TorrentSession(On(secret));
        await using var off = new TorrentSession(secret.LocalSession with { EnablePex = false });
        SessionDiscovery before = on.Discovery;
        on.Add(secret.Metainfo, secret.SeedSettings);
        off.Add(secret.Metainfo, secret.SeedSettings);

        foreach (SessionDiscovery found in new[] { before, on.Discovery })
            Assert.Equal(
                [DiscoveryState.Idle, DiscoveryState.Idle, DiscoveryState.Idle],
                [found.Dht.State, found.Pex.State, found.Lsd.State]);
        SessionDiscovery none = off.Discovery;
        Assert.All([none.Dht, none.Pex, none.Lsd, none.PeerCache], source => Assert.Equal(DiscoveryStatus.Off, source));
    }

    [Fact]
    public async Task The_DHT_is_waiting_until_a_node_has_answered()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using DhtService other = DhtService.TryOpen(new DhtServiceSettings { Binding = new NetworkBinding(IPAddress.Loopback) })!;
        await using var session = new TorrentSession(On(content) with { EnableLsd = false });
        session.Add(content.Metainfo, content.SeedSettings);
        SessionDiscovery alone = session.Discovery;

        // The session has no bootstrap node. The other node contacts it.
        other.AddNode(new IPEndPoint(IPAddress.Loopback, session.Dht!.Port));
        other.Start();
        await UntilAsync(() => session.Discovery.Dht.State == DiscoveryState.Running);

        Assert.Equal(DiscoveryState.Waiting, alone.Dht.State);
        Assert.NotNull(alone.Dht.Reason);
        Assert.Equal(DiscoveryStatus.Running, alone.Pex);
        Assert.Empty(alone.Warnings);
    }

    [Fact]
    public async Task Local_discovery_reports_its_networks_and_is_idle_again_after_the_last_torrent()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using var session = new TorrentSession(On(content) with { EnableDht = false });
        Torrent seed = session.Add(content.Metainfo, content.SeedSettings);

        await UntilAsync(() => session.Discovery.Lsd.State == DiscoveryState.Running);
        LocalNetwork network = Assert.Single(session.Discovery.LocalNetworks);
        await seed.StopAsync();

        Assert.Equal((IPAddress.Loopback, AddressFamily.InterNetwork), (network.LocalAddress, network.Family));
        Assert.NotEmpty(network.Interface);
        Assert.Equal(DiscoveryStatus.Idle, session.Discovery.Lsd);
        Assert.Empty(session.Discovery.LocalNetworks);
    }

    [Fact]
    public async Task The_warning_about_an_unreachable_peer_cache_has_its_address_without_the_password()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string address = $"127.0.0.1:{((IPEndPoint)closed.LocalEndPoint!).Port}/2";
        await using var session = new TorrentSession(
            content.LocalSession with { PeerCache = PeerCacheLocation.Parse($"redis://me:secret@{address}") });

        session.Add(content.Metainfo, content.SeedSettings);
        await UntilAsync(() => session.Discovery.PeerCache.State == DiscoveryState.Failed);

        string warning = Assert.Single(session.Discovery.Warnings);
        Assert.Contains($"redis://{address}", warning);
        Assert.DoesNotContain("secret", warning);
    }

    [Fact]
    public async Task A_peer_cache_that_cannot_be_written_is_reported_and_downloads_continue()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using var seeds = new TorrentSession(content.LocalSession);
        seeds.Add(content.Metainfo, content.SeedSettings);
        Directory.CreateDirectory(content.State);
        File.WriteAllText(Path.Combine(content.State, "peers"), "a file in place of a folder");
        await using var session = new TorrentSession(content.LocalSession with { PeerCache = PeerCacheLocation.File });

        Torrent download = session.Add(
            content.Metainfo,
            new TorrentSettings
            {
                Destination = content.Destination,
                Peers = [new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value)],
            });
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        await UntilAsync(() => session.Discovery.PeerCache.State == DiscoveryState.Failed);

        Assert.Contains(content.State, Assert.Single(session.Discovery.Warnings));
    }

    private static SessionSettings On(TestTorrent content) =>
        content.LocalSession with
        {
            EnableDht = true,
            EnableLsd = true,
            PeerCache = PeerCacheLocation.File,
            DhtBootstrap = [],
        };

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!condition())
            await Task.Delay(20, limit.Token);
    }
}
