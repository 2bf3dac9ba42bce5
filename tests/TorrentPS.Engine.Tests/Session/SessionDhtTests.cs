using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Sessions that find each other through the DHT only.</summary>
public sealed class SessionDhtTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_download_finds_its_seed_in_the_DHT_and_reports_that_source()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 200_000));
        await using DhtService node = OpenNode();
        await using TorrentSession seeds = Open(content, node);
        await using TorrentSession leeches = Open(content, node);
        seeds.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });
        await UntilAsync(() => node.Status.Nodes[0].StoredPeers == 1);

        // The limit keeps the download running while its peers are read.
        Torrent download = leeches.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Destination, DownloadLimit = 100_000 });
        await UntilAsync(() => download.Status.Peers > 0);

        Assert.Equal(PeerSource.Dht, Assert.Single(await download.GetPeersAsync()).Source);
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task The_nodes_of_a_torrent_are_used_to_join_the_DHT()
    {
        await using DhtService node = OpenNode();
        using var content = new TestTorrent(
            16 * 1024, [], false, new IPEndPoint(IPAddress.Loopback, node.Port), ("a", 20_000));
        await using var session = new TorrentSession(content.LocalSession with { EnableDht = true, DhtBootstrap = [] });

        session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination });

        await UntilAsync(() => session.Dht is { IsConnected: true });
    }

    [Fact]
    public async Task The_DHT_ports_of_peers_are_used_to_join_the_DHT()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using DhtService node = OpenNode();
        await using TorrentSession joined = Open(content, node);
        await using var isolated = new TorrentSession(
            content.LocalSession with { EnableDht = true, DhtBootstrap = [] });
        joined.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });

        isolated.Add(
            content.Metainfo,
            new TorrentSettings
            {
                Destination = content.Destination,
                Peers = [new IPEndPoint(IPAddress.Loopback, joined.ListenPort!.Value)],
            });

        await UntilAsync(() => isolated.Dht is { IsConnected: true });
    }

    [Fact]
    public async Task A_private_torrent_does_not_open_the_DHT()
    {
        using var content = new TestTorrent(16 * 1024, [], true, null, ("a", 20_000));
        await using DhtService node = OpenNode();
        await using TorrentSession session = Open(content, node);

        session.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });

        Assert.Null(session.Dht);
        Assert.False((await ExchangeHandshakesAsync(session, content.Metainfo.WireHash)).Has(PeerFeatures.Dht));
    }

    [Fact]
    public async Task A_private_torrent_does_not_use_the_DHT_that_a_public_torrent_opened()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        using var secretTorrent = new TestTorrent(16 * 1024, [], true, null, ("b", 20_001));
        await using DhtService node = OpenNode();
        await using TorrentSession session = Open(content, node);
        session.Add(
            secretTorrent.Metainfo,
            new TorrentSettings { Destination = secretTorrent.Source, Role = TorrentRole.Seed });
        session.Add(content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });

        await UntilAsync(() => node.Status.Nodes[0].StoredTorrents > 0);

        Assert.Equal(1, node.Status.Nodes[0].StoredTorrents);
        Assert.True((await ExchangeHandshakesAsync(session, content.Metainfo.WireHash)).Has(PeerFeatures.Dht));
        Assert.False((await ExchangeHandshakesAsync(session, secretTorrent.Metainfo.WireHash)).Has(PeerFeatures.Dht));
    }

    [Fact]
    public async Task A_session_without_torrents_can_find_peers_and_store_items()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using DhtService node = OpenNode();
        await using TorrentSession one = Open(content, node);
        await using TorrentSession other = Open(content, node);
        InfoHash torrent = content.Metainfo.WireHash;
        await node.AnnounceAsync(torrent, 7777, false, _ => { }, default);

        NodeId target = await one.PutDhtItemAsync("4:item"u8.ToArray());

        Assert.Equal("4:item"u8.ToArray(), (await other.GetDhtItemAsync(target))!.Value.ToArray());
        await foreach (IReadOnlyList<IPEndPoint> _ in other.FindPeersAsync(torrent))
            Assert.Fail("The torrent was announced at no other node.");
        Assert.Null(other.ListenPort);
    }

    [Fact]
    public async Task Failed_DHT_calls_throw_an_exception_with_an_error_id()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 20_000));
        await using var off = new TorrentSession(content.LocalSession);
        await using var alone = new TorrentSession(content.LocalSession with { EnableDht = true, DhtBootstrap = [] });

        Assert.Equal(SessionErrorId.DhtUnavailable, Assert.Throws<SessionException>(off.OpenDht).Id);
        Assert.Equal(SessionErrorId.DhtUnavailable, await PutErrorAsync("1:a"u8.ToArray()));
        Assert.Equal(SessionErrorId.BadDhtItem, await PutErrorAsync("1:"u8.ToArray()));
        Assert.Equal(SessionErrorId.BadDhtItem, await PutErrorAsync(new byte[1001]));

        async Task<SessionErrorId> PutErrorAsync(byte[] item) =>
            (await Assert.ThrowsAsync<SessionException>(() => alone.PutDhtItemAsync(item))).Id;
    }

    private static DhtService OpenNode()
    {
        DhtService service = DhtService.TryOpen(new DhtServiceSettings { Binding = new NetworkBinding(IPAddress.Loopback) })!;
        service.Start();
        return service;
    }

    private static TorrentSession Open(TestTorrent content, DhtService node) =>
        new(content.LocalSession with
        {
            EnableDht = true,
            DhtBootstrap = [$"127.0.0.1:{node.Port}"],

            // Otherwise the sessions of one test would write the same file.
            StateFolder = Path.Combine(content.State, $"{Guid.NewGuid():N}"),
        });

    private static async Task<Handshake> ExchangeHandshakesAsync(TorrentSession session, InfoHash torrent)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, session.ListenPort!.Value);
        PeerId id = LocalPeerId.Create(new SecureRandom());
        Handshake? answer = await HandshakeExchange.InitiateAsync(
            new TcpStream(socket), new Handshake(HandshakeExchange.Features, torrent, id), default);
        return answer!.Value;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!condition())
            await Task.Delay(20, limit.Token);
    }
}
