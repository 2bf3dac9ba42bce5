using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Tests.Dht;
using TorrentPS.Engine.Tests.Discovery;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>
/// A private torrent (BEP 27) and a public one in the same session. The tests listen on every channel that a session
/// sends to. The messages of the public torrent show that the listeners work.
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
    public Task Only_the_public_torrent_is_announced_to_the_local_network_and_the_DHT() =>
        ListenAsync(IPAddress.Loopback);

    [FactWithIPv6Network]
    public Task Only_the_public_torrent_is_announced_over_IPv6() => ListenAsync(FactWithIPv6NetworkAttribute.Address!);

    [Fact]
    public async Task Peers_of_the_private_torrent_get_no_peers_and_no_DHT_port_and_peers_they_send_are_ignored()
    {
        using var publicPeer = new TcpListener(IPAddress.Loopback, 0);
        using var privatePeer = new TcpListener(IPAddress.Loopback, 0);
        publicPeer.Start();
        privatePeer.Start();
        await using TorrentSession session = new(_open.LocalSession with { EnableDht = true, DhtBootstrap = [] });
        session.OpenDht();
        await AddSeedsAsync(session);
        using WirePeer onPrivate = await WirePeer.ConnectAsync(
            At(session), _closed.Metainfo.WireHash, listenPort: 7001);
        using WirePeer onPublic = await WirePeer.ConnectAsync(At(session), _open.Metainfo.WireHash, listenPort: 7001);

        using WirePeer toPrivate = await WirePeer.ConnectAsync(
            At(session), _closed.Metainfo.WireHash, listenPort: 7002);
        await SendPeerAsync(toPrivate, (IPEndPoint)privatePeer.LocalEndpoint);
        using WirePeer toPublic = await WirePeer.ConnectAsync(At(session), _open.Metainfo.WireHash, listenPort: 7002);
        await SendPeerAsync(toPublic, (IPEndPoint)publicPeer.LocalEndpoint);
        using Socket connected = await publicPeer.AcceptSocketAsync().WaitAsync(s_limit);
        Frame pex = await toPublic.ReceiveAsync(frame => frame.IsExtended(WirePeer.PexId));

        // The private torrent has had two ticks. Anything it sent comes before the answer to the next request.
        Torrent closed = session.Find(_closed.Metainfo.WireHash)!;
        TimeSpan then = closed.Status.Elapsed;
        await UntilAsync(() => closed.Status.Elapsed - then > 2 * TickHandler.Period);
        await SendPeerAsync(toPrivate, (IPEndPoint)privatePeer.LocalEndpoint);

        Assert.Contains(
            new IPEndPoint(IPAddress.Loopback, 7001),
            PexMessage.Parse(pex.Body.AsSpan(1)).Added.Select(peer => peer.EndPoint));
        Assert.Contains(PexMessage.ExtensionName, ExtensionHandshakeOf(toPublic).Messages.Keys);
        Assert.Contains(toPublic.Received, frame => frame.Id == PeerMessageId.Port);
        Assert.True(toPublic.Handshake.Has(PeerFeatures.Dht));

        Assert.DoesNotContain(toPrivate.Received, frame => frame.IsExtended(WirePeer.PexId));
        Assert.DoesNotContain(PexMessage.ExtensionName, ExtensionHandshakeOf(toPrivate).Messages.Keys);
        Assert.DoesNotContain(toPrivate.Received, frame => frame.Id == PeerMessageId.Port);
        Assert.False(toPrivate.Handshake.Has(PeerFeatures.Dht));
        Assert.False(privatePeer.Pending(), "the session connected to a peer that a peer of the private torrent sent");
    }

    [Fact]
    public async Task Only_the_peers_of_the_public_torrent_are_stored_in_the_peer_cache()
    {
        await using TorrentSession seeds = new(_open.LocalSession);
        await AddSeedsAsync(seeds);

        await DownloadBothAsync(seeds, _open.LocalSession with { PeerCache = PeerCacheLocation.File });

        string[] stored =
        [
            .. Directory.GetFiles(_open.State, "*", SearchOption.AllDirectories)
                .Select(Path.GetFileName)
                .OfType<string>(),
        ];
        Assert.Equal([$"{_open.Metainfo.WireHash}"], stored);
    }

    [FactWithRedis(onNetwork: true)]
    public async Task Only_the_peers_of_the_public_torrent_are_stored_in_Redis()
    {
        // Loopback addresses are valid on one host only, so they are never stored in Redis.
        IPAddress local = FactWithRedisAttribute.Address!;
        using RedisServer server = await new RedisServer().StartAsync();
        await using TorrentSession seeds = new(_open.LocalSession with { BindAddress = local });
        await AddSeedsAsync(seeds);

        await DownloadBothAsync(
            seeds,
            _open.LocalSession with
            {
                BindAddress = local,
                PeerCache = PeerCacheLocation.Parse(server.Uri().OriginalString),
            });

        using RespClient client = await RespClient.ConnectAsync(PeerCacheUri.Parse(server.Uri()), NetworkBinding.Any, default);
        Assert.Equal([$"torrentps:peers:{_open.Metainfo.WireHash}"], await client.SendAsync(["KEYS", "*"], default));
    }

    private static async Task ListenAsync(IPAddress local)
    {
        using var neighbour = new LsdReceiver(local);
        using var node = new RecordingDhtNode(local);
        using var publicPeer = new RecordingDhtNode(local);
        using var privatePeer = new RecordingDhtNode(local);
        using var open = new TestTorrent(32 * 1024, [], false, publicPeer.EndPoint, ("a.bin", 100_001));
        using var closed = new TestTorrent(32 * 1024, [], true, privatePeer.EndPoint, ("a.bin", 100_001));
        SessionSettings all = open.LocalSession with
        {
            BindAddress = local,
            EnableLsd = true,
            EnableDht = true,
            DhtBootstrap = [$"{node.EndPoint}"],
        };
        await using (TorrentSession session = new(all))
        {
            session.OpenDht();
            await UntilAsync(() => session.Dht is { IsConnected: true });
            session.Add(closed.Metainfo, closed.SeedSettings);
            session.Add(open.Metainfo, open.SeedSettings);
            await neighbour.ExpectAsync(open.Metainfo.WireHash).WaitAsync(s_limit);
            await node.WaitForAsync(KrpcMethod.GetPeers, open.Metainfo.WireHash).WaitAsync(s_limit);
            await node.WaitForAsync(KrpcMethod.AnnouncePeer, open.Metainfo.WireHash).WaitAsync(s_limit);
            await publicPeer.WaitForAsync(KrpcMethod.Ping).WaitAsync(s_limit);
        }

        InfoHash secret = closed.Metainfo.WireHash;
        Assert.DoesNotContain(secret, neighbour.Received);
        Assert.DoesNotContain(
            node.Packets.Concat(publicPeer.Packets), packet => packet.AsSpan().IndexOf(secret.Span) >= 0);
        Assert.Empty(privatePeer.Packets);
    }

    private async Task DownloadBothAsync(TorrentSession seeds, SessionSettings settings)
    {
        await using TorrentSession session = new(settings);
        await session.Add(_closed.Metainfo, Download(_closed, seeds)).Completion.WaitAsync(s_limit);
        await session.Add(_open.Metainfo, Download(_open, seeds)).Completion.WaitAsync(s_limit);
    }

    /// <summary>Adds both torrents and waits until they seed. A torrent that is still checked refuses peers.</summary>
    private async Task AddSeedsAsync(TorrentSession seeds)
    {
        foreach (TestTorrent content in new[] { _open, _closed })
        {
            Torrent seed = seeds.Add(content.Metainfo, content.SeedSettings);
            await UntilAsync(() => seed.Status.State == TorrentState.Seeding);
        }
    }

    /// <summary>Sends an address by peer exchange, and waits until the session has handled it.</summary>
    private static async Task SendPeerAsync(WirePeer sender, IPEndPoint peer)
    {
        await sender.SendAsync(
            PexHandler.MessageId, new PexMessage { Added = [new PexPeer(peer, PexFlags.None)] }.Encode());
        await sender.SendAsync(
            MetadataUploadHandler.MessageId,
            new MetadataMessage { Type = MetadataMessageType.Request, Piece = 0 }.Encode());
        await sender.ReceiveAsync(frame => frame.IsExtended(WirePeer.MetadataId));
    }

    private static ExtensionHandshake ExtensionHandshakeOf(WirePeer peer) =>
        ExtensionHandshake.Parse(peer.Received.First(frame => frame.IsExtended(0)).Body.AsSpan(1));

    private static IPEndPoint At(TorrentSession session) =>
        new(session.Settings.BindAddress!, session.ListenPort!.Value);

    private static TorrentSettings Download(TestTorrent content, TorrentSession seeds) =>
        new() { Destination = content.Destination, Peers = [At(seeds)] };

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!condition())
            await Task.Delay(20, limit.Token);
    }
}
