using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Addresses;
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
    public const byte MessageId = MetadataUploadHandler.MessageId;

    private readonly IMetadataHost _host;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly DateTimeOffset _added;
    private readonly MetadataFetch _fetch;
    private readonly MetadataPeers _peers;
    private TorrentState _published = (TorrentState)(-1);
    private bool _isFound;

    public MetadataSearch(MetadataSettings settings, IMetadataHost host, TimeProvider time, Random random)
    {
        Settings = settings;
        _host = host;
        _time = time;
        _origin = time.GetTimestamp();
        _added = time.GetUtcNow();
        _fetch = new MetadataFetch(settings.InfoHash, settings.InfoHashV2, settings.MaxSize);
        _peers = new MetadataPeers(_fetch, time, random);
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
            return new MetadataProgress(received, size, _peers.All.Count, _peers.Waiting);
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
                ProtocolDownloaded = _peers.All.Sum(peer => peer.Received),
                Peers = _peers.All.Count,
                KnownPeers = _peers.Waiting,
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
                    _peers.Note(endPoint, found.Source);
                break;
            case MetadataPeerConnected connected:
                OnConnected(connected);
                break;
            case MetadataDialFailed failed:
                _peers.OnDialFailed(failed);
                break;
            case MetadataPeerClosed closed:
                _peers.OnClosed(closed, Now);
                break;
            case MetadataSettingsChanged changed:
                Change(changed.Change(Settings));
                break;
            case MetadataPause when IsActive:
                State = TorrentState.Paused;
                _peers.CloseAll();
                _host.StopFinding();
                break;
            case MetadataResume when State == TorrentState.Paused:
                State = TorrentState.DownloadingMetadata;
                _peers.Reset();
                _host.StartFinding();
                break;
            case MetadataStop:
                End(TorrentState.Stopped);
                break;
            case MetadataPeersRequested asked:
                asked.Answer.TrySetResult([.. _peers.All.Select(StatusOf)]);
                break;
        }
    }

    /// <summary>After a run of events: tries further addresses, and makes a change of state known.</summary>
    public void EndTurn()
    {
        if (IsActive)
            _peers.Dial(Settings.MaxPeers, _host.TryDial);
        if (State == _published)
            return;
        _published = State;
        _host.Publish(Status);
    }

    /// <summary>Ends it because the loop itself erred.</summary>
    public void Fail() => End(TorrentState.Failed);

    /// <summary>The addresses known, with where each came from; those of liars and ourselves left out.</summary>
    public IReadOnlyList<(IPEndPoint EndPoint, PeerSource Source)> Known => _peers.Known;

    /// <summary>Who was caught sending wrong metadata.</summary>
    public IReadOnlyList<PeerOrigin> Liars => _fetch.Liars;

    /// <summary>The connections, those that brought most metadata first.</summary>
    public IReadOnlyList<MetadataPeer> Connections => [.. _peers.All.Where(peer => !peer.IsClosing).OrderByDescending(peer => peer.Received)];

    private void OnConnected(MetadataPeerConnected connected)
    {
        if (_peers.Admit(connected, Settings, IsActive, Now) is null)
            return;
        if (connected.Handshake.Has(PeerFeatures.ExtensionProtocol))
            connected.Link.Send(ExtensionHandler.HandshakeId, Greeting(connected.Link.EndPoint.Address));
        if (connected.Handshake.Has(PeerFeatures.Dht) && Settings.DhtPort is { } port)
            connected.Link.Send(port);
        connected.Start();
    }

    private void OnTick()
    {
        if (IsActive)
        {
            _fetch.OnTick(Now);
            _peers.MakeRoom(Settings.MaxPeers, Now);
        }

        _peers.CheckIdle(Now);
        _host.Publish(Status);
    }

    /// <summary>Who was told that we exchange no peers is told that we do; who was told that we do is not listened to any more.</summary>
    private void Change(MetadataSettings settings)
    {
        bool isNew = settings.UsesPex && !Settings.UsesPex;
        Settings = settings;
        foreach (MetadataPeer peer in _peers.All)
        {
            if (isNew && !peer.IsClosing && peer.Handshake.Has(PeerFeatures.ExtensionProtocol))
                peer.Link.Send(ExtensionHandler.HandshakeId, Greeting(peer.Link.EndPoint.Address));
        }
    }

    private void OnHeard(MetadataHeard heard)
    {
        if (_peers.Find(heard.Link) is { IsClosing: false } peer)
        {
            peer.LastHeard = Now;
            try
            {
                foreach (ExtendedMessage message in heard.Messages)
                    OnMessage(peer, message);
            }
            catch (WireException)
            {
                peer.Disconnect(DisconnectReason.ProtocolError);
            }
        }

        heard.Link.Handled();
        _peers.CheckLiars();
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
                if (_peers.Note(other.EndPoint, PeerSource.Pex))
                    peer.Exchange.OnTaken();
            }
        }

        if (peer.Exchange.IsFlood)
            peer.Disconnect(DisconnectReason.ProtocolError);
    }

    private void End(TorrentState state)
    {
        if (State is TorrentState.Stopped or TorrentState.Failed || _isFound)
            return;
        State = state;
        _peers.CloseAll();
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
            extensions.Add(PexMessage.ExtensionName, PexHandler.MessageId);
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
        Source = _peers.SourceOf(peer),
        Flags = (peer.Incoming ? PeerFlags.Incoming : PeerFlags.None)
            | (peer.Handshake.Has(PeerFeatures.Fast) ? PeerFlags.Fast : PeerFlags.None)
            | (peer.Handshake.Has(PeerFeatures.ExtensionProtocol) ? PeerFlags.Extended : PeerFlags.None),
    };
}
