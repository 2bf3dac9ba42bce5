using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Tests.Dht;
using TorrentPS.Engine.Tests.Discovery;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>
/// A private torrent (BEP 27) beside a public one in the same session, with somebody listening wherever a session speaks. That the public one is
/// heard there shows that the silence of the other is no deafness of the test.
/// </summary>
public sealed class PrivateTorrentTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _open = new(32 * 1024, [], ("a.bin", 100_001));
    private readonly TestTorrent _closed = new(32 * 1024, [], true, null, ("a.bin", 100_001));

    public void Dispose()
    {
        _open.Dispose();
        _closed.Dispose();
    }

    [Fact]
    public Task The_local_network_and_the_DHT_hear_of_the_public_torrent_alone() => ListenAsync(IPAddress.Loopback);

    [FactWithIPv6Network]
    public Task So_they_do_over_IPv6() => ListenAsync(FactWithIPv6NetworkAttribute.Address!);

    [Fact]
    public async Task Peers_of_the_private_torrent_are_told_of_no_peer_and_no_node_and_are_not_heeded_when_they_tell_of_some()
    {
        using var named = new TcpListener(IPAddress.Loopback, 0);
        using var namedInPrivate = new TcpListener(IPAddress.Loopback, 0);
        named.Start();
        namedInPrivate.Start();
        await using TorrentSession session = new(_open.LocalSession with { EnableDht = true, DhtBootstrap = [] });
        session.OpenDht();
        AddSeeds(session);
        using WirePeer one = await WirePeer.CallAsync(At(session), _closed.Metainfo.WireHash, listenPort: 7001);
        using WirePeer other = await WirePeer.CallAsync(At(session), _open.Metainfo.WireHash, listenPort: 7001);

        using WirePeer toClosed = await WirePeer.CallAsync(At(session), _closed.Metainfo.WireHash, listenPort: 7002);
        await TellAsync(toClosed, (IPEndPoint)namedInPrivate.LocalEndpoint);
        using WirePeer toOpen = await WirePeer.CallAsync(At(session), _open.Metainfo.WireHash, listenPort: 7002);
        await TellAsync(toOpen, (IPEndPoint)named.LocalEndpoint);
        using Socket called = await named.AcceptSocketAsync().WaitAsync(s_limit);
        Frame told = await toOpen.HearAsync(frame => frame.IsExtended(WirePeer.PexId));

        // The private torrent had its turns, too; what it said is before the answer to what it is asked now.
        Torrent closed = session.Find(_closed.Metainfo.WireHash)!;
        TimeSpan then = closed.Status.Elapsed;
        await UntilAsync(() => closed.Status.Elapsed - then > 2 * TickHandler.Period);
        await TellAsync(toClosed, (IPEndPoint)namedInPrivate.LocalEndpoint);

        Assert.Contains(new IPEndPoint(IPAddress.Loopback, 7001), PexMessage.Parse(told.Body.AsSpan(1)).Added.Select(peer => peer.EndPoint));
        Assert.Contains(PexMessage.ExtensionName, GreetingOf(toOpen).Messages.Keys);
        Assert.Contains(toOpen.Heard, frame => frame.Id == PeerMessageId.Port);
        Assert.True(toOpen.Handshake.Has(PeerFeatures.Dht));

        Assert.DoesNotContain(toClosed.Heard, frame => frame.IsExtended(WirePeer.PexId));
        Assert.DoesNotContain(PexMessage.ExtensionName, GreetingOf(toClosed).Messages.Keys);
        Assert.DoesNotContain(toClosed.Heard, frame => frame.Id == PeerMessageId.Port);
        Assert.False(toClosed.Handshake.Has(PeerFeatures.Dht));
        Assert.False(namedInPrivate.Pending(), "whom a peer of the private torrent named was called");
    }

    [Fact]
    public async Task The_peers_of_the_public_torrent_alone_are_remembered_in_the_state_folder()
    {
        await using TorrentSession seeds = new(_open.LocalSession);
        AddSeeds(seeds);

        await DownloadBothAsync(seeds, _open.LocalSession with { PeerCache = PeerCacheLocation.File });

        string[] remembered = [.. Directory.GetFiles(_open.State, "*", SearchOption.AllDirectories).Select(Path.GetFileName).OfType<string>()];
        Assert.Equal([$"{_open.Metainfo.WireHash}"], remembered);
    }

    [FactWithRedis(onNetwork: true)]
    public async Task The_peers_of_the_public_torrent_alone_are_shared_through_Redis()
    {
        // Addresses of loopback mean something else to every host, and are shared of no torrent.
        IPAddress local = FactWithRedisAttribute.Address!;
        using RedisServer server = await new RedisServer().StartAsync();
        await using TorrentSession seeds = new(_open.LocalSession with { BindAddress = local });
        AddSeeds(seeds);

        await DownloadBothAsync(seeds, _open.LocalSession with { BindAddress = local, PeerCache = PeerCacheLocation.Parse(server.Uri().OriginalString) });

        using RespClient client = await RespClient.ConnectAsync(PeerCacheUri.Parse(server.Uri()), default);
        Assert.Equal([$"torrentps:peers:{_open.Metainfo.WireHash}"], await client.AskAsync(["KEYS", "*"], default));
    }

    private static async Task ListenAsync(IPAddress local)
    {
        using var neighbour = new LsdReceiver(local);
        using var node = new RecordingDhtNode(local);
        using var named = new RecordingDhtNode(local);
        using var namedInPrivate = new RecordingDhtNode(local);
        using var open = new TestTorrent(32 * 1024, [], false, named.EndPoint, ("a.bin", 100_001));
        using var closed = new TestTorrent(32 * 1024, [], true, namedInPrivate.EndPoint, ("a.bin", 100_001));
        SessionSettings all = open.LocalSession with { BindAddress = local, EnableLsd = true, EnableDht = true, DhtBootstrap = [$"{node.EndPoint}"] };
        await using (TorrentSession session = new(all))
        {
            session.OpenDht();
            await UntilAsync(() => session.Dht is { IsConnected: true });
            session.Add(closed.Metainfo, Seed(closed));
            session.Add(open.Metainfo, Seed(open));
            await neighbour.ExpectAsync(open.Metainfo.WireHash).WaitAsync(s_limit);
            await node.WaitForAsync(KrpcMethod.GetPeers, open.Metainfo.WireHash).WaitAsync(s_limit);
            await node.WaitForAsync(KrpcMethod.AnnouncePeer, open.Metainfo.WireHash).WaitAsync(s_limit);
            await named.WaitForAsync(KrpcMethod.Ping).WaitAsync(s_limit);
        }

        InfoHash secret = closed.Metainfo.WireHash;
        Assert.DoesNotContain(secret, neighbour.Received);
        Assert.DoesNotContain(node.Packets.Concat(named.Packets), packet => packet.AsSpan().IndexOf(secret.Span) >= 0);
        Assert.Empty(namedInPrivate.Packets);
    }

    private async Task DownloadBothAsync(TorrentSession seeds, SessionSettings settings)
    {
        await using TorrentSession session = new(settings);
        await session.Add(_closed.Metainfo, Download(_closed, seeds)).Completion.WaitAsync(s_limit);
        await session.Add(_open.Metainfo, Download(_open, seeds)).Completion.WaitAsync(s_limit);
    }

    private void AddSeeds(TorrentSession seeds)
    {
        foreach (TestTorrent content in new[] { _open, _closed })
            seeds.Add(content.Metainfo, Seed(content));
    }

    /// <summary>Names an address, and waits until that was handled: the question that follows is answered.</summary>
    private static async Task TellAsync(WirePeer caller, IPEndPoint peer)
    {
        await caller.SayAsync(PexHandler.MessageId, new PexMessage { Added = [new PexPeer(peer, PexFlags.None)] }.Encode());
        await caller.SayAsync(MetadataUploadHandler.MessageId, new MetadataMessage { Type = MetadataMessageType.Request, Piece = 0 }.Encode());
        await caller.HearAsync(frame => frame.IsExtended(WirePeer.MetadataId));
    }

    private static ExtensionHandshake GreetingOf(WirePeer caller) =>
        ExtensionHandshake.Parse(caller.Heard.First(frame => frame.IsExtended(0)).Body.AsSpan(1));

    private static IPEndPoint At(TorrentSession session) => new(session.Settings.BindAddress!, session.ListenPort!.Value);

    private static TorrentSettings Seed(TestTorrent content) => new() { Destination = content.Source, Role = TorrentRole.Seed, StopWhen = StopWhen.Never };

    private static TorrentSettings Download(TestTorrent content, TorrentSession seeds) => new() { Destination = content.Destination, Peers = [At(seeds)] };

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!holds())
            await Task.Delay(20, limit.Token);
    }
}
