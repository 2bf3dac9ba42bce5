using System.Net;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Swarm;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>
/// One loop among fakes, driven by hand. When it is disposed the torrent is stopped, and nothing may be left over: no
/// block, no batch, no second end.
/// </summary>
internal sealed class SwarmFixture : ISwarmHost, IDisposable
{
    public const int Block = TorrentGeometry.BlockLength;

    ExternalAddress ISwarmHost.ExternalAddress { get; } = new();

    private readonly List<FakePeer> _peers = [];
    private readonly TorrentSwarm _swarm;
    private readonly SwarmSettings _settings;

    public SwarmFixture(int pieces =
        4, int blocksPerPiece = 2, Func<SwarmSettings, SwarmSettings>? with = null, int seed = 1, long? length = null)
    {
        Geometry = TorrentGeometry.Continuous(length ?? (long)pieces * blocksPerPiece * Block, blocksPerPiece * Block);
        Pool = new BlockPool(64L << 20);
        Store = new FakeStore(Geometry, Pool);
        var settings = new SwarmSettings
        {
            Name = "test",
            Geometry = Geometry,
            Size = Geometry.TotalLength,
            PeerId = Self,
            Torrent = new TorrentSettings
            {
                Destination = "/nowhere",
                MaxPeers = 50,
                StopWhen = StopWhen.Never,
                Strategy = PieceStrategy.Sequential,
            },
            Session = new SessionSettings { EnablePex = false },
        };
        settings = with?.Invoke(settings) ?? settings;
        _settings = settings with { Geometry = Geometry };
        _swarm = new TorrentSwarm(settings, this, settings.Geometry is null
            ? null
            : Store, Pool, Time, new Random(seed));
    }

    public static PeerId Self { get; } = IdOf(100);

    public TorrentGeometry Geometry { get; }

    public BlockPool Pool { get; }

    public FakeStore Store { get; }

    public FakeTime Time { get; } = new();

    /// <summary>Every message sent to any peer.</summary>
    public List<string> Log { get; } = [];

    public List<IPEndPoint> Dialed { get; } = [];

    /// <summary>What the loop knew about the encryption of each dialed address.</summary>
    public List<bool?> DialedEncrypted { get; } = [];

    /// <summary>The web seeds in the order in which the loop took to them.</summary>
    public List<FakePeer> WebSeeds { get; } = [];

    /// <summary>How many more connections the session would begin.</summary>
    public int HalfOpenRoom { get; set; } = 1000;

    /// <summary>The verified info dictionaries that the loop handed over.</summary>
    public List<byte[]> Downloaded { get; } = [];

    public int Checks { get; private set; }

    public int Announcing { get; private set; }

    public int CompletedTold { get; private set; }

    public int AnnouncingStopped { get; private set; }

    /// <summary>What peers said of their DHT nodes.</summary>
    public List<IPEndPoint> DhtNodes { get; } = [];

    /// <summary>The peers that the next start is to know.</summary>
    public List<GoodPeer> CachedPeers { get; } = [];

    public List<bool> Ends { get; } = [];

    public List<TorrentStatus> Published { get; } = [];

    /// <summary>The events for the event log.</summary>
    public List<(SessionEventKind Kind, string Message, IPEndPoint? Peer)> Reported { get; } = [];

    /// <summary>Addresses that the loop found in the IP filter.</summary>
    public List<IPAddress> Filtered { get; } = [];

    /// <summary>The session's settings, as the host sees them.</summary>
    public SessionSettings SessionSettings { get; set; } = new();

    public long? UploadLimit => null;

    public TorrentStatus Status => _swarm.Status;

    public TorrentState State => Status.State;

    public static PeerId IdOf(int number)
    {
        byte[] id = new byte[PeerId.Length];
        id[0] = (byte)number;
        return new PeerId(id);
    }

    public static IPEndPoint At(int host, int port = 6881) => new(new IPAddress([10, 0, 0, (byte)host]), port);

    public BlockAddress BlockAt(int piece, int block) => Geometry.Block(new PieceIndex(piece), block);

    /// <summary>Starts it with these pieces found on disk.</summary>
    public SwarmFixture Start(params int[] have)
    {
        Begin();
        Checked(have);
        return this;
    }

    public void Begin() => _swarm.Start();

    public void Enqueue() => _swarm.Enqueue();

    /// <summary>Accepts the downloaded metadata, as the session does.</summary>
    public void AcceptMetadata(Func<SwarmSettings, SwarmSettings>? with = null, bool isInfoHashChanged = false) =>
        Handle(new ContentReady(() => with?.Invoke(_settings) ?? _settings, Store, isInfoHashChanged));

    public void Checked(params int[] have)
    {
        var found = new Bitfield(Geometry.PieceCount);
        foreach (int piece in have)
            found.Add(new PieceIndex(piece));
        Handle(new CheckFinished(found));
    }

    /// <summary>Hands the loop one event, then all that storage has to tell, and ends the turn.</summary>
    public void Handle(SwarmEvent message)
    {
        _swarm.Handle(message);
        while (Store.Told.TryDequeue(out SwarmEvent? told))
            _swarm.Handle(told);
        _swarm.EndTurn();
        Assert.DoesNotContain(_peers, peer => peer.HasUnflushed && peer.ClosedFor is null);
    }

    public void Fail(Exception error) => _swarm.Fail(error);

    /// <summary>Lets time pass as the session's ticker does.</summary>
    public void Pass(double seconds)
    {
        for (double passed = 0; passed < seconds; passed += 0.25)
        {
            Time.Advance(TimeSpan.FromSeconds(0.25));
            Handle(Tick.Instance);
        }
    }

    public FakePeer Connect(
        int number, bool fast = true, bool incoming = true,
        IPEndPoint? at = null, PeerId? id = null, bool extensions = true, bool dht = false,
        bool encrypted = false)
    {
        PeerFeatures features = (fast ? PeerFeatures.Fast : 0) | (extensions ? PeerFeatures.ExtensionProtocol : 0)
            | (dht ? PeerFeatures.Dht : 0);
        var peer = new FakePeer(
            this, $"peer {number}", at ?? At(number), new Handshake(features, default, id ?? IdOf(number)));
        _peers.Add(peer);
        Handle(new PeerConnected(peer, peer.Handshake, incoming, () => peer.IsStarted = true)
        {
            IsEncrypted = encrypted,
        });
        Assert.True(peer.IsStarted, "The pumps of every connection run, if only to end.");
        return peer;
    }

    public IReadOnlyList<PeerStatus> Peers()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PeerStatus>>();
        Handle(new PeersRequested(answer));
        Assert.True(answer.Task.IsCompletedSuccessfully);
        return answer.Task.Result;
    }

    public PeerStatus StatusOf(FakePeer peer) => Peers().Single(status => status.EndPoint.Equals(peer.EndPoint));

    public void Dispose()
    {
        Handle(new StopRequested());
        Handle(new StopRequested());
        foreach (FakePeer peer in _peers.Where(peer => !peer.IsGone))
        {
            Assert.NotNull(peer.ClosedFor);
            peer.Leave();
        }

        Handle(Tick.Instance);
        Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Assert.Empty(Peers());
        Assert.Single(Ends);
        Assert.Equal(0, Pool.Outstanding);
        Assert.All(_peers, peer => Assert.Equal(0, peer.BatchesOut));
    }

    void ISwarmHost.MetadataDownloaded(byte[] info) => Downloaded.Add(info);

    bool ISwarmHost.IsFiltered(IPAddress address)
    {
        bool isFiltered = SessionSettings.IPFilter.Contains(address);
        if (isFiltered)
            Filtered.Add(address);
        return isFiltered;
    }

    void ISwarmHost.StartCheck() => Checks++;

    bool ISwarmHost.TryDial(IPEndPoint endPoint, bool? isEncrypted)
    {
        if (HalfOpenRoom == 0)
            return false;
        HalfOpenRoom--;
        Dialed.Add(endPoint);
        DialedEncrypted.Add(isEncrypted);
        return true;
    }

    WebSeedOpened ISwarmHost.OpenWebSeed(Uri webSeed)
    {
        var seed = new FakePeer(this, $"{webSeed}", new IPEndPoint(IPAddress.Any, webSeed.Port), default);
        _peers.Add(seed);
        WebSeeds.Add(seed);
        return new WebSeedOpened(seed, () => seed.IsStarted = true);
    }

    void ISwarmHost.StartAnnouncing() => Announcing++;

    void ISwarmHost.AnnounceCompleted() => CompletedTold++;

    void ISwarmHost.StopAnnouncing() => AnnouncingStopped++;

    void ISwarmHost.DhtNodeFound(IPEndPoint node) => DhtNodes.Add(node);

    void ISwarmHost.CachePeers(IReadOnlyList<GoodPeer> peers) => CachedPeers.AddRange(peers);

    void ISwarmHost.Report(SessionEventKind kind, string message, IPEndPoint? peer) => Reported.Add((kind, message, peer));

    void ISwarmHost.Publish(TorrentStatus status) => Published.Add(status);

    void ISwarmHost.Ended(bool goalReached)
    {
        Assert.True(Published.Count > 0 && Published[^1].HasEnded, "The last status is known before the end is.");
        Ends.Add(goalReached);
    }
}
