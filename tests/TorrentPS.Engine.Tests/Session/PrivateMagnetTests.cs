using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Tests.Dht;
using TorrentPS.Engine.Tests.Discovery;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>A link does not say that its torrent is private (BEP 27): until the metadata is there, peers come from everywhere.</summary>
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
    public async Task Once_it_is_known_only_peers_of_its_trackers_and_of_the_link_stay_and_no_others_are_heeded()
    {
        TcpListener ofLink = Listen(), ofTracker = Listen(), ofDht = Listen(), ofNetwork = Listen(), ofPeer = Listen(), ofMemory = Listen();
        await using var tracker = new FakeHttpTracker(_ => Answer(At(ofTracker)));
        using var node = new RecordingDhtNode(IPAddress.Loopback) { Peer = At(ofDht) };
        using var ear = new LsdReceiver(IPAddress.Loopback);
        await using var neighbour = new LocalDiscovery(IPAddress.Loopback, TimeProvider.System, new Random());
        await RememberAsync(At(ofMemory));
        Torrent download;
        await using (TorrentSession session = new(_content.LocalSession with
        {
            EnableDht = true,
            DhtBootstrap = [$"{node.EndPoint}"],
            EnableLsd = true,
            PeerCache = PeerCacheLocation.File,
        }))
        {
            download = session.Add(Link([tracker.Url("/announce")], [At(ofLink)]), new TorrentSettings { Destination = _content.Destination });
            await ear.ExpectAsync(_content.Metainfo.WireHash).WaitAsync(s_limit);
            neighbour.Add(_content.Metainfo.WireHash, (ushort)At(ofNetwork).Port, _ => { });
            WirePeer linked = await AcceptAsync(ofLink);
            await linked.SayAsync(PexHandler.MessageId, new PexMessage { Added = [new PexPeer(At(ofPeer), PexFlags.None)] }.Encode());
            WirePeer tracked = await AcceptAsync(ofTracker);
            WirePeer[] others = [await AcceptAsync(ofDht), await AcceptAsync(ofNetwork), await AcceptAsync(ofPeer), await AcceptAsync(ofMemory)];
            Assert.Equal("started", EventOf(await tracker.NextAsync()));

            await GiveMetadataAsync(linked);

            await Task.WhenAll(others.Select(peer => peer.EndAsync()));
            await HearStartAsync(linked);
            await HearStartAsync(tracked);
            PeerStatus[] connected = [.. (await download.GetPeersAsync()).OrderBy(peer => peer.Source)];
            Assert.Equal([(At(ofTracker), PeerSource.Tracker), (At(ofLink), PeerSource.Manual)], connected.Select(peer => (peer.EndPoint, peer.Source)));
            Assert.Equal(0, download.Status.KnownPeers);

            // Nor is anybody heeded who names more of them: the question that follows is answered.
            using TcpListener late = Listen();
            await linked.SayAsync(PexHandler.MessageId, new PexMessage { Added = [new PexPeer(At(late), PexFlags.None)] }.Encode());
            await linked.SayAsync(MetadataUploadHandler.MessageId, new MetadataMessage { Type = MetadataMessageType.Request, Piece = 0 }.Encode());
            await linked.HearAsync(frame => frame.IsExtended(WirePeer.MetadataId));
            Assert.False(late.Pending());
        }

        Assert.True(download.Metainfo!.IsPrivate);
        Assert.Equal("stopped", EventOf(await tracker.NextAsync()));
        Assert.Empty(Directory.GetFiles(Path.Combine(_content.State, "peers")));
    }

    [Fact]
    public async Task A_peer_that_the_tracker_names_too_stays_wherever_it_was_heard_of_first()
    {
        TcpListener ofLink = Listen(), ofBoth = Listen();
        using var isRemembered = new ManualResetEventSlim();
        await using var tracker = new FakeHttpTracker(_ =>
        {
            isRemembered.Wait(s_limit);
            return Answer(At(ofBoth));
        });
        await RememberAsync(At(ofBoth));
        await using TorrentSession session = new(_content.LocalSession with { PeerCache = PeerCacheLocation.File });
        Torrent download = session.Add(Link([tracker.Url("/announce")], [At(ofLink)]), new TorrentSettings { Destination = _content.Destination });
        WirePeer both = await AcceptAsync(ofBoth);
        await UntilAsync(async () => (await download.GetPeersAsync()).Any(peer => peer.Source == PeerSource.Resume));
        isRemembered.Set();
        await UntilAsync(() => Task.FromResult(download.Trackers is [{ LastAnnounce: not null }]));

        await GiveMetadataAsync(await AcceptAsync(ofLink));

        await HearStartAsync(both);
    }

    private static IPEndPoint At(TcpListener listener) => (IPEndPoint)listener.LocalEndpoint;

    private static byte[] Answer(IPEndPoint peer) => FakeHttpTracker.Ok(
        [.. "d8:intervali1800e5:peers6:"u8, .. peer.Address.GetAddressBytes(), (byte)(peer.Port >> 8), (byte)peer.Port, (byte)'e']);

    private static string EventOf(FakeHttpTracker.Request request) =>
        request.Target.Split('&', '?').Single(part => part.StartsWith("event=", StringComparison.Ordinal))["event=".Length..];

    /// <summary>The torrent's own greeting, the first after that of the search; it does not offer to tell of peers.</summary>
    private static async Task HearStartAsync(WirePeer peer)
    {
        await peer.HearAsync(frame => frame.IsExtended(0) && ExtensionHandshake.Parse(frame.Body.AsSpan(1)).MetadataSize is not null);
        Assert.DoesNotContain(PexMessage.ExtensionName, ExtensionHandshake.Parse(peer.Heard[^1].Body.AsSpan(1)).Messages.Keys);
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

    /// <summary>Says that it has the metadata, which is one piece, and gives it.</summary>
    private async Task GiveMetadataAsync(WirePeer peer)
    {
        ReadOnlyMemory<byte> info = _content.Metainfo.InfoBytes;
        await peer.SayAsync(0, new ExtensionHandshake { MetadataSize = info.Length }.Encode());
        await peer.HearAsync(frame => frame.IsExtended(WirePeer.MetadataId));
        await peer.SayAsync(
            MetadataUploadHandler.MessageId, new MetadataMessage { Type = MetadataMessageType.Data, Piece = 0, TotalSize = info.Length, Data = info }.Encode());
    }

    private async Task RememberAsync(IPEndPoint peer)
    {
        await using var memory = new FilePeerCache(Path.Combine(_content.State, "peers"), TimeProvider.System);
        memory.Add(_content.Metainfo.WireHash, [new CachedPeer(peer, DateTimeOffset.UtcNow, 1000)]);
    }

    private MagnetLink Link(IReadOnlyList<Uri> trackers, IReadOnlyList<IPEndPoint> peers) => new()
    {
        InfoHash = _content.Metainfo.InfoHash,
        Trackers = [.. trackers.Select(url => url.AbsoluteUri)],
        Peers = [.. peers.Select(peer => new HostEndPoint($"{peer.Address}", peer.Port))],
    };

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!await holds())
            await Task.Delay(20, limit.Token);
    }
}
