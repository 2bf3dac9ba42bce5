using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Tests.Dht;
using TorrentPS.Engine.Tests.Discovery;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>
/// Magnet links of private torrents (BEP 27). A link does not say that its torrent is private, so peers of all sources
/// are used until the metadata is known.
/// </summary>
public sealed class PrivateMagnetTests : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _content = new(32 * 1024, [], true, null, ("a.bin", 100_001));
    private readonly List<TcpListener> _listeners = [];
    private readonly List<WirePeer> _peers = [];

    public ValueTask DisposeAsync()
    {
        _peers.ForEach(peer => peer.Dispose());
        _listeners.ForEach(listener => listener.Dispose());
        _content.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task When_the_metadata_is_known_only_peers_of_the_trackers_and_of_the_user_stay()
    {
        TcpListener linkPeer = Listen(), trackerPeer = Listen(), dhtPeer = Listen();
        TcpListener localPeer = Listen(), pexPeer = Listen(), cachedPeer = Listen(), userPeer = Listen();
        await using var tracker = new FakeHttpTracker(_ => Answer(EndPointOf(trackerPeer)));
        using var node = new RecordingDhtNode(IPAddress.Loopback) { Peer = EndPointOf(dhtPeer) };
        using var lsd = new LsdReceiver(IPAddress.Loopback);
        await using var neighbour = new LocalDiscovery(new NetworkBinding(IPAddress.Loopback), TimeProvider.System, new Random());
        await CachePeerAsync(EndPointOf(cachedPeer));
        Torrent download;
        await using (TorrentSession session = new(_content.LocalSession with
        {
            EnableDht = true,
            DhtBootstrap = [$"{node.EndPoint}"],
            EnableLsd = true,
            PeerCache = PeerCacheLocation.File,
        }))
        {
            download = session.Add(
                Link([tracker.Url("/announce")], [EndPointOf(linkPeer)]),
                new TorrentSettings { Destination = _content.Destination, Peers = [EndPointOf(userPeer)] });
            await lsd.ExpectAsync(_content.Metainfo.WireHash).WaitAsync(s_limit);
            neighbour.Add(_content.Metainfo.WireHash, (ushort)EndPointOf(localPeer).Port, _ => { });
            WirePeer named = await AcceptAsync(userPeer);
            await named.SendAsync(
                PexHandler.MessageId,
                new PexMessage { Added = [new PexPeer(EndPointOf(pexPeer), PexFlags.None)] }.Encode());
            WirePeer tracked = await AcceptAsync(trackerPeer);
            WirePeer[] others =
            [
                await AcceptAsync(dhtPeer),
                await AcceptAsync(localPeer),
                await AcceptAsync(pexPeer),
                await AcceptAsync(cachedPeer),
                await AcceptAsync(linkPeer),
            ];
            Assert.Equal("started", EventOf(await tracker.NextAsync()));

            await SendMetadataAsync(named);

            await Task.WhenAll(others.Select(peer => peer.WaitForCloseAsync()));
            await ReceiveTorrentHandshakeAsync(named);
            await ReceiveTorrentHandshakeAsync(tracked);
            PeerStatus[] connected = [.. (await download.GetPeersAsync()).OrderBy(peer => peer.Source)];
            Assert.Equal(
                [(EndPointOf(trackerPeer), PeerSource.Tracker), (EndPointOf(userPeer), PeerSource.Manual)],
                connected.Select(peer => (peer.EndPoint, peer.Source)));
            Assert.Equal(0, download.Status.KnownPeers);

            // Peer exchange messages are ignored now. The answer to the next request shows that this one was handled.
            using TcpListener late = Listen();
            await named.SendAsync(
                PexHandler.MessageId,
                new PexMessage { Added = [new PexPeer(EndPointOf(late), PexFlags.None)] }.Encode());
            await named.SendAsync(
                MetadataUploadHandler.MessageId,
                new MetadataMessage { Type = MetadataMessageType.Request, Piece = 0 }.Encode());
            await named.ReceiveAsync(frame => frame.IsExtended(WirePeer.MetadataId));
            Assert.False(late.Pending());
        }

        Assert.True(download.Metainfo!.IsPrivate);
        Assert.Equal("stopped", EventOf(await tracker.NextAsync()));
        Assert.Empty(Directory.GetFiles(Path.Combine(_content.State, "peers")));
    }

    [Fact]
    public async Task A_peer_of_another_source_stays_if_the_tracker_returned_it_too()
    {
        TcpListener linkPeer = Listen(), sharedPeer = Listen();
        using var mayAnswer = new ManualResetEventSlim();
        await using var tracker = new FakeHttpTracker(_ =>
        {
            mayAnswer.Wait(s_limit);
            return Answer(EndPointOf(sharedPeer));
        });
        await CachePeerAsync(EndPointOf(sharedPeer));
        await using TorrentSession session = new(_content.LocalSession with { PeerCache = PeerCacheLocation.File });
        Torrent download = session.Add(
            Link([tracker.Url("/announce")], [EndPointOf(linkPeer)]),
            new TorrentSettings { Destination = _content.Destination });
        WirePeer both = await AcceptAsync(sharedPeer);
        await UntilAsync(async () => (await download.GetPeersAsync()).Any(peer => peer.Source == PeerSource.Resume));
        mayAnswer.Set();
        await UntilAsync(() => Task.FromResult(download.Trackers is [{ LastAnnounce: not null }]));

        await SendMetadataAsync(await AcceptAsync(linkPeer));

        await ReceiveTorrentHandshakeAsync(both);
    }

    private static IPEndPoint EndPointOf(TcpListener listener) => (IPEndPoint)listener.LocalEndpoint;

    private static byte[] Answer(IPEndPoint peer) => FakeHttpTracker.Ok(
        [
            .. "d8:intervali1800e5:peers6:"u8,
            .. peer.Address.GetAddressBytes(),
            (byte)(peer.Port >> 8),
            (byte)peer.Port,
            (byte)'e',
        ]);

    private static string EventOf(FakeHttpTracker.Request request) =>
        request.Target.Split('&', '?').Single(
            part => part.StartsWith("event=", StringComparison.Ordinal))["event=".Length..];

    /// <summary>
    /// Waits for the extension handshake that follows the metadata, and asserts that it does not offer peer exchange.
    /// </summary>
    private static async Task ReceiveTorrentHandshakeAsync(WirePeer peer)
    {
        await peer.ReceiveAsync(
            frame => frame.IsExtended(0) && ExtensionHandshake.Parse(frame.Body.AsSpan(1)).MetadataSize is not null);
        Assert.DoesNotContain(
            PexMessage.ExtensionName, ExtensionHandshake.Parse(peer.Received[^1].Body.AsSpan(1)).Messages.Keys);
    }

    private TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _listeners.Add(listener);
        return listener;
    }

    private async Task<WirePeer> AcceptAsync(TcpListener listener)
    {
        WirePeer peer = await WirePeer.AcceptAsync(listener);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Announces the metadata in the extension handshake and sends it; it is one metadata piece.</summary>
    private async Task SendMetadataAsync(WirePeer peer)
    {
        ReadOnlyMemory<byte> info = _content.Metainfo.InfoBytes;
        await peer.SendAsync(0, new ExtensionHandshake { MetadataSize = info.Length }.Encode());
        await peer.ReceiveAsync(frame => frame.IsExtended(WirePeer.MetadataId));
        var data = new MetadataMessage
        {
            Type = MetadataMessageType.Data,
            Piece = 0,
            TotalSize = info.Length,
            Data = info,
        };
        await peer.SendAsync(MetadataUploadHandler.MessageId, data.Encode());
    }

    private async Task CachePeerAsync(IPEndPoint peer)
    {
        await using var cache = new FilePeerCache(Path.Combine(_content.State, "peers"), TimeProvider.System);
        cache.Add(_content.Metainfo.WireHash, [new CachedPeer(peer, DateTimeOffset.UtcNow, 1000)]);
    }

    private MagnetLink Link(IReadOnlyList<Uri> trackers, IReadOnlyList<IPEndPoint> peers) => new()
    {
        InfoHash = _content.Metainfo.InfoHash,
        Trackers = [.. trackers.Select(url => url.AbsoluteUri)],
        Peers = [.. peers.Select(peer => new HostEndPoint($"{peer.Address}", peer.Port))],
    };

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!await condition())
            await Task.Delay(20, limit.Token);
    }
}
