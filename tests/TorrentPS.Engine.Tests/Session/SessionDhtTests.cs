using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Sessions that know each other through the DHT alone.</summary>
public sealed class SessionDhtTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_download_finds_its_seed_and_its_peer_is_known_to_come_from_there()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 200_000));
        await using DhtService middle = Middle();
        await using TorrentSession seeds = Open(content, middle);
        await using TorrentSession leeches = Open(content, middle);
        seeds.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });
        await UntilAsync(() => middle.Status.Nodes[0].StoredPeers == 1);

        // Slow enough to be looked at.
        Torrent download = leeches.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination, DownloadLimit = 100_000 });
        await UntilAsync(() => download.Status.Peers > 0);

        Assert.Equal(PeerSource.Dht, Assert.Single(await download.GetPeersAsync()).Source);
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task Nodes_of_a_torrent_lead_into_the_DHT()
    {
        await using DhtService middle = Middle();
        using var content = new TestTorrent(16 * 1024, [], false, new IPEndPoint(IPAddress.Loopback, middle.Port), ("a", 20_000));
        await using var session = new TorrentSession(content.LocalSession with { EnableDht = true, DhtBootstrap = [] });

        session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination });

        await UntilAsync(() => session.Dht is { IsConnected: true });
    }

    [Fact]
    public async Task Peers_lead_into_the_DHT()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using DhtService middle = Middle();
        await using TorrentSession knows = Open(content, middle);
        await using var newcomer = new TorrentSession(content.LocalSession with { EnableDht = true, DhtBootstrap = [] });
        knows.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });

        newcomer.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination, Peers = [new IPEndPoint(IPAddress.Loopback, knows.ListenPort!.Value)] });

        await UntilAsync(() => newcomer.Dht is { IsConnected: true });
    }

    [Fact]
    public async Task A_private_torrent_opens_no_DHT()
    {
        using var content = new TestTorrent(16 * 1024, [], true, null, ("a", 20_000));
        await using DhtService middle = Middle();
        await using TorrentSession session = Open(content, middle);

        session.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });

        Assert.Null(session.Dht);
        Assert.False((await GreetAsync(session, content.Metainfo.WireHash)).Has(PeerFeatures.Dht));
    }

    [Fact]
    public async Task Beside_a_public_torrent_a_private_one_stays_out_of_the_DHT()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        using var secret = new TestTorrent(16 * 1024, [], true, null, ("b", 20_001));
        await using DhtService middle = Middle();
        await using TorrentSession session = Open(content, middle);
        session.Add(secret.Metainfo, new TorrentSettings { Destination = secret.Source, Role = TorrentRole.Seed });
        session.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });

        await UntilAsync(() => middle.Status.Nodes[0].StoredTorrents > 0);

        Assert.Equal(1, middle.Status.Nodes[0].StoredTorrents);
        Assert.True((await GreetAsync(session, content.Metainfo.WireHash)).Has(PeerFeatures.Dht));
        Assert.False((await GreetAsync(session, secret.Metainfo.WireHash)).Has(PeerFeatures.Dht));
    }

    [Fact]
    public async Task A_session_without_torrents_can_search_and_keep_items()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using DhtService middle = Middle();
        await using TorrentSession one = Open(content, middle);
        await using TorrentSession other = Open(content, middle);
        InfoHash torrent = content.Metainfo.WireHash;
        await middle.AnnounceAsync(torrent, 7777, false, _ => { }, default);

        NodeId target = await one.PutDhtItemAsync("4:item"u8.ToArray());

        Assert.Equal("4:item"u8.ToArray(), (await other.GetDhtItemAsync(target))!.Value.ToArray());
        await foreach (IReadOnlyList<IPEndPoint> _ in other.FindPeersAsync(torrent))
            Assert.Fail("Nobody announced it at a node that is known.");
        Assert.Null(other.ListenPort);
    }

    [Fact]
    public async Task What_the_DHT_cannot_do_is_told_by_name()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using var off = new TorrentSession(content.LocalSession);
        await using var alone = new TorrentSession(content.LocalSession with { EnableDht = true, DhtBootstrap = [] });

        Assert.Equal(SessionErrorId.DhtUnavailable, Assert.Throws<SessionException>(off.OpenDht).Id);
        Assert.Equal(SessionErrorId.DhtUnavailable, (await Assert.ThrowsAsync<SessionException>(() => alone.PutDhtItemAsync("1:a"u8.ToArray()))).Id);
        Assert.Equal(SessionErrorId.BadDhtItem, (await Assert.ThrowsAsync<SessionException>(() => alone.PutDhtItemAsync("1:"u8.ToArray()))).Id);
        Assert.Equal(SessionErrorId.BadDhtItem, (await Assert.ThrowsAsync<SessionException>(() => alone.PutDhtItemAsync(new byte[1001]))).Id);
    }

    private static DhtService Middle()
    {
        DhtService service = DhtService.TryOpen(new DhtServiceSettings { BindAddress = IPAddress.Loopback })!;
        service.Start();
        return service;
    }

    private static TorrentSession Open(TestTorrent content, DhtService middle) =>
        new(content.LocalSession with
        {
            EnableDht = true,
            DhtBootstrap = [$"127.0.0.1:{middle.Port}"],

            // Several sessions of one test would else write the same file.
            StateFolder = Path.Combine(content.State, $"{Guid.NewGuid():N}"),
        });

    private static async Task<Handshake> GreetAsync(TorrentSession session, InfoHash torrent)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, session.ListenPort!.Value);
        return (await HandshakeExchange.InitiateAsync(socket, torrent, LocalPeerId.Create(new Random(1)), HandshakeExchange.Features, default))!.Value;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!holds())
            await Task.Delay(20, limit.Token);
    }
}
