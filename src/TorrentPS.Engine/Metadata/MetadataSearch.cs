using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Engine.Swarm;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Metadata;

/// <summary>
/// The loop of a torrent of which only a magnet link is known: finds peers and asks them for the metadata. As a torrent's own loop it takes
/// one event at a time, takes no lock and awaits nothing; the same events give the same run.
/// </summary>
internal sealed class MetadataSearch
{
    /// <summary>The id under which peers send us metadata messages (BEP 10).</summary>
    public const byte MessageId = MetadataHandler.MessageId;

    /// <summary>A peer that serves no metadata gives its place to an address not tried yet after this time.</summary>
    private static readonly TimeSpan s_use = TimeSpan.FromSeconds(10);

    private readonly IMetadataHost _host;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly DateTimeOffset _added;
    private readonly PeerCandidates _candidates;
    private readonly Dictionary<IMetadataLink, MetadataPeer> _byLink = [];
    private readonly List<MetadataPeer> _peers = [];
    private readonly MetadataFetch _fetch;
    private TorrentState _published = (TorrentState)(-1);
    private int _liarsKnown;
    private bool _isFound;

    public MetadataSearch(MetadataSettings settings, IMetadataHost host, TimeProvider time, Random random)
    {
        Settings = settings;
        _host = host;
        _time = time;
        _origin = time.GetTimestamp();
        _added = time.GetUtcNow();
        _candidates = new PeerCandidates(random);
        _fetch = new MetadataFetch(settings.InfoHash, settings.InfoHashV2, settings.MaxSize);
    }

    /// <summary>What holds now.</summary>
    public MetadataSettings Settings { get; private set; }

    /// <summary>What it does.</summary>
    public TorrentState State { get; private set; } = TorrentState.DownloadingMetadata;

    /// <summary>How far it is.</summary>
    public MetadataProgress Progress
    {
        get
        {
            (long received, int? size) = _fetch.Progress;
            return new MetadataProgress(received, size, _peers.Count, _candidates.IdleCount);
        }
    }

    /// <summary>Whether peers are welcome.</summary>
    private bool IsActive => State == TorrentState.DownloadingMetadata && _fetch.Result is null;

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Begins.</summary>
    public void Start() => _host.StartFinding();

    /// <summary>The status as it is now.</summary>
    public TorrentStatus Status
    {
        get
        {
            (long received, int? size) = _fetch.Progress;
            return new TorrentStatus
            {
                Name = Settings.Name,
                InfoHash = Settings.InfoHash,
                InfoHashV2 = Settings.InfoHashV2,
                State = State,
                Progress = size is { } whole ? 100.0 * received / whole : 0,
                Size = Settings.Size,
                ProtocolDownloaded = _peers.Sum(peer => peer.Received),
                Peers = _peers.Count,
                KnownPeers = _candidates.IdleCount,
                Destination = Settings.Destination,
                Added = _added,
                Elapsed = Now,
            };
        }
    }

    /// <summary>Handles one event.</summary>
    public void Handle(MetadataEvent message)
    {
        switch (message)
        {
            case MetadataHeard heard:
                OnHeard(heard);
                break;
            case MetadataTick:
                OnTick();
                break;
            case MetadataPeersFound found:
                foreach (IPEndPoint endPoint in found.EndPoints)
                    _candidates.Add(endPoint, found.Source);
                break;
            case MetadataPeerConnected connected:
                OnConnected(connected);
                break;
            case MetadataDialFailed { IsSelf: true } failed:
                _candidates.MarkNever(failed.EndPoint);
                break;
            case MetadataDialFailed failed:
                _candidates.MarkIdle(failed.EndPoint, _time.GetUtcNow(), failed: true);
                break;
            case MetadataPeerClosed closed:
                OnClosed(closed);
                break;
            case MetadataSettingsChanged changed:
                Change(changed.Change(Settings));
                break;
            case MetadataPause when IsActive:
                State = TorrentState.Paused;
                CloseAll();
                _host.StopFinding();
                break;
            case MetadataResume when State == TorrentState.Paused:
                State = TorrentState.DownloadingMetadata;
                _candidates.Reset();
                _host.StartFinding();
                break;
            case MetadataStop:
                End(TorrentState.Stopped);
                break;
            case MetadataPeersRequested asked:
                asked.Answer.TrySetResult([.. _peers.Select(StatusOf)]);
                break;
        }
    }

    /// <summary>After a run of events: tries further addresses, and makes a change of state known.</summary>
    public void EndTurn()
    {
        Dial();
        if (State == _published)
            return;
        _published = State;
        _host.Publish(Status);
    }

    /// <summary>Ends it because the loop itself erred.</summary>
    public void Fail() => End(TorrentState.Failed);

    /// <summary>The addresses known, with where each came from; those of liars and ourselves left out.</summary>
    public IReadOnlyList<(IPEndPoint EndPoint, PeerSource Source)> Known => _candidates.Known;

    /// <summary>Who was caught sending wrong metadata.</summary>
    public IReadOnlyList<PeerOrigin> Liars => _fetch.Liars;

    /// <summary>The connections, those that brought most metadata first.</summary>
    public IReadOnlyList<MetadataPeer> Connections => [.. _peers.Where(peer => !peer.IsClosing).OrderByDescending(peer => peer.Received)];

    private void OnConnected(MetadataPeerConnected connected)
    {
        IPEndPoint endPoint = connected.Link.EndPoint;
        if (!connected.Incoming)
            _candidates.MarkConnected(endPoint);
        if (Refuse(connected) is { } reason)
        {
            connected.Refuse(reason);
            if (reason is DisconnectReason.SelfConnection or DisconnectReason.Banned)
                _candidates.MarkNever(endPoint);
            else if (!connected.Incoming)
                _candidates.MarkIdle(endPoint, _time.GetUtcNow(), failed: reason == DisconnectReason.Duplicate);
            return;
        }

        var peer = new MetadataPeer(connected.Link, connected.Handshake)
        {
            Incoming = connected.Incoming,
            ConnectedAt = Now,
            LastHeard = Now,
            LastSent = Now,
        };
        _byLink.Add(connected.Link, peer);
        _peers.Add(peer);
        _fetch.Join(peer);
        if (connected.Handshake.Has(PeerFeatures.ExtensionProtocol))
            connected.Link.Send(ExtensionHandler.HandshakeId, Greeting(endPoint.Address));
        if (connected.Handshake.Has(PeerFeatures.Dht) && Settings.DhtPort is { } port)
            connected.Link.Send(port);
        connected.Start();
    }

    /// <summary>Who was told that we exchange no peers is told that we do; who was told that we do is not listened to any more.</summary>
    private void Change(MetadataSettings settings)
    {
        bool isNew = settings.UsesPex && !Settings.UsesPex;
        Settings = settings;
        foreach (MetadataPeer peer in _peers)
        {
            if (isNew && !peer.IsClosing && peer.Handshake.Has(PeerFeatures.ExtensionProtocol))
                peer.Link.Send(ExtensionHandler.HandshakeId, Greeting(peer.Link.EndPoint.Address));
        }
    }

    private DisconnectReason? Refuse(MetadataPeerConnected connected)
    {
        if (!IsActive)
            return DisconnectReason.Stopping;
        if (connected.Handshake.PeerId == Settings.PeerId)
            return DisconnectReason.SelfConnection;
        if (_fetch.Liars.Contains(new PeerOrigin(connected.Link.EndPoint)))
            return DisconnectReason.Banned;
        MetadataPeer? twin = _peers.Find(peer => peer.Handshake.PeerId == connected.Handshake.PeerId && !peer.IsClosing);
        if (twin is null)
            return _peers.Count < Settings.MaxPeers ? null : DisconnectReason.TooMany;
        if (!DoubleConnection.Supersedes(Settings.PeerId, connected.Incoming, twin.Handshake.PeerId, twin.Incoming))
            return DisconnectReason.Duplicate;
        Disconnect(twin, DisconnectReason.Duplicate);
        return null;
    }

    private void OnHeard(MetadataHeard heard)
    {
        if (_byLink.TryGetValue(heard.Link, out MetadataPeer? peer) && !peer.IsClosing)
        {
            peer.LastHeard = Now;
            try
            {
                foreach (ExtendedMessage message in heard.Messages)
                    OnMessage(peer, message);
            }
            catch (WireException)
            {
                Disconnect(peer, DisconnectReason.ProtocolError);
            }
        }

        heard.Link.Handled();
        CheckLiars();
        if (_fetch.Result is { } info && State == TorrentState.DownloadingMetadata && !_isFound)
        {
            _isFound = true;
            _host.Found(info);
        }
    }

    private void OnMessage(MetadataPeer peer, ExtendedMessage message)
    {
        if (peer.IsClosing)
            return;
        switch (message.Id)
        {
            case ExtensionHandler.HandshakeId:
                ExtensionHandshake told = ExtensionHandshake.Parse(message.Payload.Span);
                peer.Client = ClientName.Of(peer.Handshake.PeerId, told.Client);
                _fetch.OnHandshake(peer, told, Now);
                break;
            case MessageId:
                _fetch.OnMessage(peer, MetadataMessage.Parse(message.Payload), Now);
                break;
            case PexHandler.MessageId when Settings.UsesPex:
                OnExchange(peer, message.Payload.Span);
                break;
        }

        peer.LastSent = Now;
    }

    /// <summary>A peer names others, as far as it may (BEP 11).</summary>
    private void OnExchange(MetadataPeer peer, ReadOnlySpan<byte> payload)
    {
        if (peer.Exchange.OnMessage(Now))
        {
            IReadOnlyList<PexPeer> added = PexMessage.Parse(payload).Added;
            foreach (PexPeer other in added.Take(peer.Exchange.OnNamed(added.Count)))
            {
                if (peer.Exchange.Left <= 0 || !AddressScopes.CanPass(other.EndPoint.Address, peer.Link.EndPoint.Address))
                    continue;
                if (_candidates.Add(other.EndPoint, PeerSource.Pex))
                    peer.Exchange.OnTaken();
            }
        }

        if (peer.Exchange.IsFlood)
            Disconnect(peer, DisconnectReason.ProtocolError);
    }

    private void OnClosed(MetadataPeerClosed closed)
    {
        if (!_byLink.Remove(closed.Link, out MetadataPeer? peer))
            return;
        peer.IsClosing = true;
        _peers.Remove(peer);
        _fetch.Leave(peer, Now);
        if (!peer.Incoming)
            _candidates.MarkIdle(closed.Link.EndPoint, _time.GetUtcNow(), failed: peer.Received == 0);
    }

    private void OnTick()
    {
        if (IsActive)
        {
            _fetch.OnTick(Now);
            MakeRoom();
        }

        foreach (MetadataPeer peer in _peers)
        {
            if (Now - peer.LastHeard > TickHandler.Idle)
            {
                Disconnect(peer, DisconnectReason.Idle);
            }
            else if (Now - peer.LastSent > TickHandler.KeepAlive && !peer.IsClosing)
            {
                peer.Link.KeepAlive();
                peer.LastSent = Now;
            }
        }

        _host.Publish(Status);
    }

    /// <summary>When all places are taken, one that serves nothing makes room for an address that may.</summary>
    private void MakeRoom()
    {
        if (_peers.Count < Settings.MaxPeers || _candidates.IdleCount == 0)
            return;
        if (_peers.Find(peer => !peer.IsSource && !peer.IsClosing && Now - peer.ConnectedAt > s_use) is { } useless)
            Disconnect(useless, DisconnectReason.Useless);
    }

    private void Dial()
    {
        if (!IsActive)
            return;
        DateTimeOffset now = _time.GetUtcNow();
        while (_peers.Count + _candidates.Dialing < Settings.MaxPeers)
        {
            if (_candidates.Next(now, skipSeeds: false, static _ => 0) is not { } next || !_host.TryDial(next))
                return;
            _candidates.MarkDialing(next);
        }
    }

    /// <summary>Whoever lied is not called again.</summary>
    private void CheckLiars()
    {
        if (_fetch.Liars.Count == _liarsKnown)
            return;
        _liarsKnown = _fetch.Liars.Count;
        foreach ((IPEndPoint endPoint, _) in _candidates.Known)
        {
            if (_fetch.Liars.Contains(new PeerOrigin(endPoint)))
                _candidates.MarkNever(endPoint);
        }
    }

    private static void Disconnect(MetadataPeer peer, DisconnectReason reason)
    {
        if (peer.IsClosing)
            return;
        peer.IsClosing = true;
        peer.Link.Close(reason);
    }

    private void CloseAll()
    {
        foreach (MetadataPeer peer in _peers)
            Disconnect(peer, DisconnectReason.Stopping);
    }

    private void End(TorrentState state)
    {
        if (State is TorrentState.Stopped or TorrentState.Failed || _isFound)
            return;
        State = state;
        CloseAll();
        _host.Publish(Status);
        _host.Ended();
    }

    /// <summary>What we tell a peer first: that we take metadata, and have none.</summary>
    private byte[] Greeting(IPAddress peer) => new ExtensionHandshake
    {
        Messages = Extensions(),
        Client = ExtensionHandler.ClientVersion,
        ListenPort = (ushort)Settings.ListenPort,
        RequestQueue = UploadHandler.MaxQueuedRequests,
        YourAddress = peer,
    }.Encode();

    private Dictionary<string, byte> Extensions()
    {
        var extensions = new Dictionary<string, byte> { [MetadataMessage.ExtensionName] = MessageId };
        if (Settings.UsesPex)
            extensions.Add(PexMessage.Extension, PexHandler.MessageId);
        return extensions;
    }

    private PeerStatus StatusOf(MetadataPeer peer) => new()
    {
        EndPoint = peer.Link.EndPoint,
        Client = peer.Client,
        PeerId = peer.Handshake.PeerId.ToString(),
        ProtocolDownloaded = peer.Received,
        RequestsOut = peer.Requests.Count,
        Connected = Now - peer.ConnectedAt,
        Source = peer.Incoming ? PeerSource.Incoming : _candidates.SourceOf(peer.Link.EndPoint),
        Flags = (peer.Incoming ? PeerFlags.Incoming : PeerFlags.None)
            | (peer.Handshake.Has(PeerFeatures.Fast) ? PeerFlags.Fast : PeerFlags.None)
            | (peer.Handshake.Has(PeerFeatures.ExtensionProtocol) ? PeerFlags.Extended : PeerFlags.None),
    };
}
