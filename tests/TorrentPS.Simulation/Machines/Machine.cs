using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Engine.Swarm;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;
using TorrentPS.Simulation.Disks;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Misbehaviour;

namespace TorrentPS.Simulation.Machines;

/// <summary>A machine that runs the product's swarm loop and piece store on a simulated network and disk.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The store of a simulated machine holds nothing but memory.")]
internal sealed class Machine : ScheduledEvent, ISwarmHost, IStorageEvents
{
    /// <summary>Memory for received blocks in bytes, as a session's default.</summary>
    public const long BlockMemory = 64L << 20;

    ExternalAddress ISwarmHost.ExternalAddress { get; } = new();

    private const int MaxHalfOpen = 50;

    private readonly World _world;
    private readonly MachineSettings _settings;
    private readonly TorrentSwarm _swarm;
    private readonly PieceStore _store;
    private readonly BlockPool _pool;
    private readonly Disk _disk;
    private readonly List<Link> _links = [];
    private int _halfOpen;
    private bool _hasEnded;

    public Machine(World world, MachineSettings settings, int number)
    {
        _world = world;
        _settings = settings;
        Number = number;
        EndPoint = new IPEndPoint(new IPAddress([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]), 6881);
        Uplink = new Uplink(
            world.Time, Math.Min(settings.Access.Up, settings.UploadLimit ?? double.PositiveInfinity), world.Burst);
        Downlink = new Downlink(settings.Access.Down);
        byte[] id = new byte[PeerId.Length];
        world.Random.NextBytes(id);
        Handshake = new Handshake(PeerFeatures.Fast | PeerFeatures.ExtensionProtocol, default, new PeerId(id));

        _pool = world.CarriesPayload ? new BlockPool(BlockMemory) : world.SharedBlocks;
        _disk = new Disk(world.Time, settings.Disk);
        var files = new DiskFiles(_disk, world.Geometry);
        var verifier = world.CarriesPayload
            ? new PayloadVerifier(_disk, world.Geometry)
            : (PieceVerifier)new TrustingVerifier(_disk);
        _store = new PieceStore(files, verifier, _pool, _disk, this, spillPath: "unused");
        var swarm = new SwarmSettings
        {
            Name = settings.Name,
            Geometry = world.Geometry,
            Size = world.Geometry.TotalLength,
            PeerId = Handshake.PeerId,
            ListenPort = EndPoint.Port,
            Torrent = new TorrentSettings
            {
                Destination = "/",
                Role = settings.IsSeed ? TorrentRole.Seed : TorrentRole.Download,
                StopWhen = StopWhen.Never,
                Strategy = settings.Strategy,
                MaxPeers = settings.MaxPeers,
            },
            Session = new SessionSettings { EnablePex = false },
        };
        _swarm = new TorrentSwarm(
            settings.Configure?.Invoke(swarm) ?? swarm,
            this,
            _store,
            _pool,
            world.Time,
            new Random(world.Random.Next()));
    }

    public int Number { get; }

    public string Name => $"{_settings.Name} {Number}";

    public IPEndPoint EndPoint { get; }

    public Handshake Handshake { get; }

    public Access Access => _settings.Access;

    public Behaviour Behaviour => _settings.Behaviour;

    public bool IsSeed => _settings.IsSeed;

    public Uplink Uplink { get; }

    public Downlink Downlink { get; }

    /// <summary>Whether other machines can connect to this one.</summary>
    public bool IsListening { get; private set; }

    /// <summary>Time of completion in seconds since the start; null before, and for a seed.</summary>
    public double? CompletedAt { get; private set; }

    /// <summary>Payload bytes sent by the time of completion.</summary>
    public long SentAtCompletion { get; private set; }

    /// <summary>Time of the first received block in seconds since the start.</summary>
    public double? FirstBlockAt { get; private set; }

    /// <summary>The current status of the swarm loop.</summary>
    public TorrentStatus Status => _swarm.Status;

    /// <summary>The open connections.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>The machines that this one has banned.</summary>
    public HashSet<Machine> Banned { get; } = [];

    /// <summary>The machines that sent this one corrupt blocks.</summary>
    public HashSet<Machine> CorruptedBy { get; } = [];

    /// <summary>Number of blocks in memory now; 0 if blocks have no contents.</summary>
    public int BlocksHeld => _world.CarriesPayload ? _pool.Outstanding : 0;

    /// <summary>The upload limit in bytes/s; null for unlimited.</summary>
    public long? UploadLimit => _settings.UploadLimit;

    /// <summary>Joins the swarm.</summary>
    public void Arrive()
    {
        IsListening = true;
        _swarm.Start();

        // Ticks of different machines fall on different times, as in reality.
        _world.Time.At(_world.Time.Now + _world.Random.NextInt64(TickHandler.Period.Ticks), this);
        Behaviour.Begin(_world, this);
    }

    /// <summary>Leaves the swarm.</summary>
    public void Leave()
    {
        if (!_hasEnded)
            Handle(new StopRequested());
    }

    /// <summary>Changes the capacity of the disk in bytes.</summary>
    public void SetDiskCapacity(long capacity) => _disk.Capacity = capacity;

    /// <summary>Resumes the torrent, as the user would.</summary>
    public void Resume() => Handle(new ResumeRequested());

    /// <summary>Returns the connected peers as reported by the swarm loop.</summary>
    public IReadOnlyList<PeerStatus> Peers()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PeerStatus>>();
        _swarm.Handle(new PeersRequested(answer));
        return answer.Task.Result;
    }

    /// <summary>Passes an event to the swarm loop, as its mailbox would, and ends the turn.</summary>
    public void Handle(SwarmEvent message)
    {
        _world.Journal?.Record(this, message);
        _swarm.Handle(message);
        _swarm.EndTurn();
        _world.Transit.EndTurn();
    }

    /// <summary>Passes a tick to the swarm loop and schedules the next.</summary>
    public override void Execute()
    {
        if (_hasEnded)
            return;
        Handle(Tick.Instance);
        _world.Time.At(_world.Time.Now + TickHandler.Period.Ticks, this);
    }

    public void PeersFound(IReadOnlyList<IPEndPoint> peers) => Handle(new PeersFound(peers, PeerSource.Tracker));

    public void Connected(Link link, Handshake handshake, bool incoming)
    {
        if (!incoming)
            _halfOpen--;
        _links.Add(link);
        Handle(new PeerConnected(link, handshake, incoming, static () => { }));
    }

    public void DialFailed(IPEndPoint endPoint)
    {
        _halfOpen--;
        Handle(new DialFailed(endPoint, IsSelf: false));
    }

    public void Closed(Link link, DisconnectReason reason)
    {
        _links.Remove(link);
        Handle(new PeerClosed(link, reason, null));
    }

    public void Received(Link link, MessageBatch batch) => Handle(new MessagesReceived(link, batch));

    public void Received(Link link, ReadOnlySpan<BlockAddress> blocks)
    {
        FirstBlockAt ??= _world.Time.Seconds;
        MessageBatch batch = _world.Transit.TakeBatch();
        foreach (BlockAddress address in blocks)
        {
            Block block = BlockFrom(link.Remote.Owner, address);
            batch.Add(new PeerEvent { Id = PeerMessageId.Piece, Address = address, Block = block });
        }

        Received(link, batch);
    }

    void ISwarmHost.MetadataDownloaded(byte[] info) =>
        throw new NotSupportedException("Simulated torrents are added with their metadata.");

    bool ISwarmHost.IsFiltered(IPAddress address) => false;

    void ISwarmHost.StartCheck()
    {
        var have = new Bitfield(_world.Geometry.PieceCount);
        if (_settings.IsSeed)
            have.Fill();
        _world.Time.In(0, () => Handle(new CheckFinished(have)));
    }

    bool ISwarmHost.TryDial(IPEndPoint endPoint, bool? isEncrypted)
    {
        if (_halfOpen >= MaxHalfOpen)
            return false;
        _halfOpen++;
        _world.Network.Dial(this, endPoint);
        return true;
    }

    WebSeedOpened ISwarmHost.OpenWebSeed(Uri webSeed) => throw new NotSupportedException(
        "A simulated torrent names no web seed.");

    void ISwarmHost.StartAnnouncing() => _world.Tracker.Announce(this);

    void ISwarmHost.AnnounceCompleted()
    {
        CompletedAt = _world.Time.Seconds;
        SentAtCompletion = Uplink.Sent;
        if (_settings.StaysAfterCompletion is { } seconds)
            _world.Time.In(seconds, Leave);
    }

    void ISwarmHost.StopAnnouncing() => _world.Tracker.Leave(this);

    void ISwarmHost.DhtNodeFound(IPEndPoint node)
    {
        // Simulated swarms use a tracker, not the DHT.
    }

    void ISwarmHost.CachePeers(IReadOnlyList<GoodPeer> peers)
    {
        // Simulated machines have no peer cache.
    }

    void ISwarmHost.Report(SessionEventKind kind, string message, IPEndPoint? peer)
    {
        // Simulated machines have no event log.
    }

    void ISwarmHost.Publish(TorrentStatus status)
    {
        // Tests read the status on demand.
    }

    void ISwarmHost.Ended(bool goalReached)
    {
        _hasEnded = true;
        IsListening = false;
        _world.Tracker.Leave(this);
    }

    void IStorageEvents.PieceVerified(PieceIndex piece, ulong[]? digests) => Report(new PieceVerified(piece, digests));

    void IStorageEvents.PieceRejected(PieceIndex piece, ulong[] digests) => Report(new PieceRejected(piece, digests));

    void IStorageEvents.Faulted(StorageFault fault) => Report(new StorageFaulted(fault));

    private Block BlockFrom(Machine sender, BlockAddress address)
    {
        Block block = _pool.TryRent()
            ?? throw new InvalidOperationException(
                $"{Name} holds {_pool.Outstanding} blocks and can't take another: its requests are not bounded.");
        bool isGood = sender.Behaviour.IsIntact(address);
        if (!isGood)
            CorruptedBy.Add(sender);
        if (_world.CarriesPayload)
            block.Span.Fill(isGood ? Payload.Of(address) : Payload.Corrupt(address));
        return block;
    }

    /// <summary>Reports a storage event once the disk has completed its work.</summary>
    private void Report(SwarmEvent message)
    {
        if (_disk.FreeAt <= _world.Time.Now)
            Handle(message);
        else
            _world.Time.At(_disk.FreeAt, new ScheduledAction(() => Handle(message)));
    }
}
