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

/// <summary>
/// The state of one torrent that its handlers share. Only the loop changes it, one event at a time.
/// </summary>
internal sealed class SwarmState
{
    private static readonly TorrentGeometry s_noPieces = TorrentGeometry.Continuous(0, TorrentGeometry.BlockLength);

    private readonly long _origin;
    private IPieceStore? _store;
    private bool _hasStarted;

    /// <param name="settings">The settings; without a geometry when the metadata must be downloaded first.</param>
    /// <param name="host">Carries out what the loop asks for.</param>
    /// <param name="store">Storage of the content; null when the metadata must be downloaded first.</param>
    /// <param name="blocks">The pool to which received blocks return.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The loop's only source of randomness.</param>
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
        AddedAt = time.GetUtcNow();
        _origin = time.GetTimestamp();
    }

    /// <summary>The current settings. The user can change some of them while the torrent runs.</summary>
    public SwarmSettings Settings { get; set; }

    /// <summary>Whether the torrent's metadata, and with it the piece geometry, is known.</summary>
    public bool HasMetadata => Settings.Geometry is not null;

    /// <summary>Piece and block lengths; those of a torrent without pieces until the metadata is known.</summary>
    public TorrentGeometry Geometry => Settings.Geometry ?? s_noPieces;

    public ISwarmHost Host { get; }

    /// <summary>Storage of the content. Not available before the metadata is known.</summary>
    public IPieceStore Store =>
        _store ?? throw new InvalidOperationException("The torrent has no storage before its metadata is known.");

    public BlockPool Blocks { get; }

    public TimeProvider Time { get; }

    public Random Random { get; }

    /// <summary>The block picker. It has no pieces until the metadata is known.</summary>
    public PiecePicker Picker { get; private set; }

    public PeerTable Peers { get; } = new();

    public PeerCandidates Candidates { get; }

    /// <summary>The download of the info dictionary; unused when the torrent was added with its metadata.</summary>
    public MetadataFetch MetadataFetch { get; }

    /// <summary>Addresses that sent bad data, or may have.</summary>
    public PeerTrust Trust { get; } = new();

    /// <summary>The torrent's upload limit in bytes/s; null is unlimited.</summary>
    public long? UploadLimit => Host.UploadLimit;

    /// <summary>This client's address as peers see it (<c>yourip</c>, BEP 10).</summary>
    public ExternalAddress ExternalAddress { get; } = new();

    /// <summary>Allowed fast pieces granted to each address (BEP 6).</summary>
    public AllowedFastGrants Grants { get; } = new();

    /// <summary>Addresses whose connections are refused for some minutes.</summary>
    public PeerPenalties PeerPenalties { get; } = new();

    /// <summary>Pieces that failed their hash while the guilty peer is not known.</summary>
    public FailedPieces FailedPieces { get; } = new();

    public SwarmTotals Totals { get; } = new();

    /// <summary>The torrent's state. Before the start it is the state in which the torrent will start.</summary>
    public TorrentState State { get; private set; }

    /// <summary>The error that paused or ended the torrent; null without one.</summary>
    public TorrentFault? Fault { get; set; }

    /// <summary>Web seeds that are no longer used, with the reasons.</summary>
    public IReadOnlyList<WebSeedFault> WebSeedFaults { get; set; } = [];

    /// <summary>The checked part of existing data, from 0 to 1.</summary>
    public double CheckedFraction { get; set; }

    /// <summary>Bytes of the wanted pieces, verified or not.</summary>
    public long WantedBytes => Picker.BytesWanted;

    public DateTimeOffset AddedAt { get; }

    public DateTimeOffset? CompletedAt { get; set; }

    /// <summary>Time since the torrent was added.</summary>
    public TimeSpan Uptime => Time.GetElapsedTime(_origin);

    /// <summary>Whether the torrent connects to peers and accepts connections.</summary>
    public bool IsActive => State == TorrentState.DownloadingMetadata || IsTransferring;

    /// <summary>Whether the torrent exchanges pieces with peers.</summary>
    public bool IsTransferring => State is TorrentState.Downloading or TorrentState.Finished or TorrentState.Seeding;

    public bool HasEnded => State is TorrentState.Stopped or TorrentState.Failed;

    /// <summary>The current time as a timestamp of <see cref="Time"/>.</summary>
    public long Now => Time.GetTimestamp();

    /// <summary>Changes the state, and reports the change and the first state to the event log.</summary>
    public void ChangeState(TorrentState state)
    {
        TorrentState? before = _hasStarted ? State : null;
        (_hasStarted, State) = (true, state);
        if (state != before)
            Host.Report(SessionEventKind.StateChanged, EventMessages.StateChanged(before, state, Fault));
    }

    /// <summary>Gets the time elapsed since a value of <see cref="Now"/>.</summary>
    public TimeSpan Since(long then) => Time.GetElapsedTime(then);

    /// <summary>
    /// Gets whether addresses of a source may be used. A private torrent uses only those of its trackers and of the
    /// user (BEP 27).
    /// </summary>
    public bool Allows(PeerSource source) => !Settings.IsPrivate || source is PeerSource.Tracker or PeerSource.Manual;

    /// <summary>Reports a ban to the event log. A web seed's ban is reported when its connection has ended.</summary>
    /// <param name="banned">The banned peer.</param>
    /// <param name="proof">What the peer did, as the second half of a sentence.</param>
    public void ReportBan(PeerOrigin banned, string proof)
    {
        if (banned.IsWebSeed)
            return;
        Peer? connected = Peers.All.FirstOrDefault(peer => peer.Origin == banned);
        IPEndPoint endPoint = connected?.Link.EndPoint ?? banned.ToEndPoint();
        Host.Report(SessionEventKind.PeerBanned, $"Banned: {proof}.", endPoint);
    }

    /// <summary>
    /// Replaces settings and storage, and starts a picker for their geometry in which no piece is verified.
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
