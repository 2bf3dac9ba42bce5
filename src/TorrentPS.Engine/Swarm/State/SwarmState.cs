using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Policy.Metadata;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The state of one torrent that all handlers of its swarm loop share. Only the loop changes it.</summary>
internal sealed class SwarmState
{
    private static readonly TorrentGeometry s_noPieces = TorrentGeometry.Continuous(0, TorrentGeometry.BlockLength);

    private readonly long _origin;
    private long _begin;
    private IPieceStore? _store;
    private bool _hasStarted;

    /// <param name="settings">The settings. If they have no geometry, the metadata is downloaded first.</param>
    /// <param name="host">Carries out what the loop requests.</param>
    /// <param name="store">The storage of the content; null until the metadata is known.</param>
    /// <param name="blocks">
    /// The pool to which the loop gives back received blocks that it does not pass to storage.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The loop's only source of random numbers.</param>
    public SwarmState(
        SwarmSettings settings, ISwarmHost host, IPieceStore? store, BlockPool blocks, TimeProvider time, Random random)
    {
        Host = host;
        Blocks = blocks;
        Time = time;
        Random = random;
        UseContent(settings, store);
        State = HasMetadata ? TorrentState.Checking : TorrentState.DownloadingMetadata;
        MetadataFetch = new MetadataFetch(settings.InfoHash, settings.InfoHashV2, settings.MaxMetadataSize);
        Candidates = new PeerCandidates(random);
        Bans = new BanList(Trust);
        AddedAt = time.GetUtcNow();
        _begin = _origin = time.GetTimestamp();
    }

    public SwarmSettings Settings { get; set; }

    public bool HasMetadata => Settings.Geometry is not null;

    /// <summary>Piece and block lengths. Until the metadata is known, the geometry has no pieces.</summary>
    public TorrentGeometry Geometry => Settings.Geometry ?? s_noPieces;

    public ISwarmHost Host { get; }

    /// <summary>
    /// Storage of the content. Throws <see cref="InvalidOperationException"/> until the metadata is known.
    /// </summary>
    public IPieceStore Store =>
        _store ?? throw new InvalidOperationException("The torrent has no storage before its metadata is known.");

    public BlockPool Blocks { get; }

    public TimeProvider Time { get; }

    public Random Random { get; }

    /// <summary>The piece picker. Until the metadata is known, it has no pieces.</summary>
    public PiecePicker Picker { get; private set; }

    public PeerTable Peers { get; } = new();

    public PeerCandidates Candidates { get; }

    /// <summary>The download of the info dictionary. Not used if the torrent was added with its metadata.</summary>
    public MetadataFetch MetadataFetch { get; }

    /// <summary>The origins that are banned or on parole because of wrong data.</summary>
    public PeerTrust Trust { get; } = new();

    public BanList Bans { get; }

    public DisconnectedPeers Disconnected { get; } = new();

    public long? UploadLimit => Host.UploadLimit;

    public ExternalAddress ExternalAddress => Host.ExternalAddress;

    public AllowedFastGrants Grants { get; } = new();

    /// <summary>The penalty scores of origins. Connections of an origin with a high score are refused.</summary>
    public PeerPenalties PeerPenalties { get; } = new();

    /// <summary>Pieces that failed their hash check. It is not known yet which peer sent their wrong blocks.</summary>
    public FailedPieces FailedPieces { get; } = new();

    public SwarmTotals Totals { get; } = new();

    /// <summary>
    /// The torrent's state. Before the first call of <see cref="ChangeState"/>, the state in which the torrent will
    /// start.
    /// </summary>
    public TorrentState State { get; private set; }

    /// <summary>Why the download is stalled; null if it is not stalled, or the torrent does not download.</summary>
    public Stall? Stall { get; private set; }

    /// <summary>
    /// The state that statuses and events show: <see cref="TorrentState.Stalled"/> if the download is stalled,
    /// otherwise <see cref="State"/>.
    /// </summary>
    public TorrentState ReportedState => Stall is null ? State : TorrentState.Stalled;

    /// <summary>The error that paused or ended the torrent, or null.</summary>
    public TorrentFault? Fault { get; set; }

    /// <summary>Web seeds that are not used because they failed, with their errors.</summary>
    public IReadOnlyList<WebSeedFault> WebSeedFaults { get; set; } = [];

    /// <summary>The part of the existing data that has been checked, from 0 to 1.</summary>
    public double CheckedFraction { get; set; }

    /// <summary>
    /// Total length in bytes of all pieces that are not skipped. Pieces that are already verified are included.
    /// </summary>
    public long WantedBytes => Picker.BytesWanted;

    public DateTimeOffset AddedAt { get; }

    public DateTimeOffset? CompletedAt { get; set; }

    /// <summary>Time since the torrent was added to this session.</summary>
    public TimeSpan Uptime => Time.GetElapsedTime(_origin);

    /// <summary>
    /// Time since the torrent was added or, if it was queued, since it left the queue. Zero while the torrent is
    /// queued. Pauses are included.
    /// </summary>
    public TimeSpan Elapsed => State == TorrentState.Queued ? TimeSpan.Zero : Time.GetElapsedTime(_begin);

    /// <summary>Whether the torrent dials peers and accepts connections.</summary>
    public bool IsActive => State == TorrentState.DownloadingMetadata || IsTransferring;

    /// <summary>Whether the torrent downloads its metadata or checks existing data.</summary>
    public bool IsPreparing => State is TorrentState.DownloadingMetadata or TorrentState.Checking;

    /// <summary>Whether the torrent downloads its metadata or wanted pieces.</summary>
    public bool IsDownloading => State is TorrentState.DownloadingMetadata or TorrentState.Downloading;

    /// <summary>Whether the torrent exchanges pieces with peers.</summary>
    public bool IsTransferring => State is TorrentState.Downloading or TorrentState.Finished or TorrentState.Seeding;

    public bool HasEnded => State is TorrentState.Stopped or TorrentState.Failed;

    /// <summary>
    /// The current timestamp of <see cref="Time"/>. <see cref="Since"/> returns the time elapsed since such a
    /// timestamp.
    /// </summary>
    public long Now => Time.GetTimestamp();

    /// <summary>
    /// Sets the state. Adds an event to the event log if the state is the torrent's first or differs from the previous
    /// one.
    /// </summary>
    public void ChangeState(TorrentState state)
    {
        TorrentState? before = _hasStarted ? ReportedState : null;
        if (before == TorrentState.Queued)
            _begin = Now;
        (_hasStarted, State, Stall) = (true, state, null);
        if (state != before)
            Host.Report(SessionEventKind.StateChanged, EventMessages.StateChanged(before, state, Fault));
    }

    /// <summary>
    /// Sets why and since when the download is stalled. Adds an event to the event log if the value differs from the
    /// previous one.
    /// </summary>
    /// <param name="stall">The reason and the start of the stall; null if the download is not stalled.</param>
    public void ChangeStall(Stall? stall)
    {
        if (stall == Stall)
            return;
        TorrentState before = ReportedState;
        Stall = stall;
        Host.Report(SessionEventKind.StateChanged, EventMessages.StallChanged(before, State, stall));
    }

    public TimeSpan Since(long then) => Time.GetElapsedTime(then);

    /// <summary>
    /// Whether the torrent may use the addresses of a peer source. A private torrent may use only those from its
    /// trackers and from the user (BEP 27).
    /// </summary>
    public bool Allows(PeerSource source) => !Settings.IsPrivate || source is PeerSource.Tracker or PeerSource.Manual;

    /// <summary>
    /// Whether the user blocked an address (<see cref="SessionSettings.BlockList"/>,
    /// <see cref="SessionSettings.IPFilter"/>).
    /// </summary>
    public bool IsBlocked(IPAddress address) =>
        BlockedNetwork.Contains(Settings.Session.BlockList, address) || Settings.Session.IPFilter.Contains(address);

    /// <summary>
    /// Adds a ban to the list of bans and to the event log. Does nothing for a web seed, whose ban is reported when its
    /// link closes.
    /// </summary>
    /// <param name="banned">The banned origin.</param>
    /// <param name="cause">What the peer did, as a clause that follows "Banned: ".</param>
    public void ReportBan(PeerOrigin banned, string cause)
    {
        if (banned.IsWebSeed)
            return;
        Bans.Add(banned, Time.GetUtcNow(), $"{char.ToUpperInvariant(cause[0])}{cause[1..]}.");
        Peer? connected = Peers.All.FirstOrDefault(peer => peer.Origin == banned);
        IPEndPoint endPoint = connected?.Link.EndPoint ?? banned.ToEndPoint();
        Host.Report(SessionEventKind.PeerBanned, $"Banned: {cause}.", endPoint);
    }

    /// <summary>
    /// Replaces the settings and the storage. Creates a new piece picker for the geometry in the settings. The new
    /// picker has no verified pieces.
    /// </summary>
    [MemberNotNull(nameof(Settings), nameof(Picker))]
    public void UseContent(SwarmSettings settings, IPieceStore? store)
    {
        Settings = settings;
        _store = store;
        Picker = new PiecePicker(Geometry, settings.Torrent.Strategy, Random)
        {
            MaxPartialPieces = settings.MaxPartialPieces,
        };
        for (int i = 0; i < settings.Priorities.Count; i++)
            Picker.SetPriority(new(i), settings.Priorities[i]);
    }
}

/// <summary>Why a download is stalled, and since when.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Since">
/// When the download last received new data, or when it started if it has received none since then.
/// </param>
internal readonly record struct Stall(StalledReason Reason, DateTimeOffset Since);
