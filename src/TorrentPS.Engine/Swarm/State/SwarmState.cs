using System.Diagnostics.CodeAnalysis;
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
/// The torrent as the loop sees it; only handlers touch it, one event at a time. What a handler decides it takes from Policy,
/// what it wants done it asks of <see cref="Host"/>, <see cref="Store"/> and the peers' links.
/// </summary>
internal sealed class SwarmState
{
    private static readonly TorrentGeometry s_noPieces = TorrentGeometry.Continuous(0, TorrentGeometry.BlockLength);

    private readonly long _origin;
    private IPieceStore? _store;

    /// <param name="settings">The settings; without a geometry when the metadata must be downloaded first.</param>
    /// <param name="host">Carries out what the loop asks for.</param>
    /// <param name="store">Storage of the content; null when the metadata must be downloaded first.</param>
    /// <param name="blocks">The pool to which received blocks return.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The loop's only source of randomness.</param>
    public SwarmState(SwarmSettings settings, ISwarmHost host, IPieceStore? store, BlockPool blocks, TimeProvider time, Random random)
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
    public IPieceStore Store => _store ?? throw new InvalidOperationException("The torrent has no storage before its metadata is known.");

    public BlockPool Blocks { get; }

    public TimeProvider Time { get; }

    public Random Random { get; }

    /// <summary>The block picker. It has no pieces until the metadata is known.</summary>
    public PiecePicker Picker { get; private set; }

    public PeerTable Peers { get; } = new();

    public PeerCandidates Candidates { get; }

    /// <summary>The download of the info dictionary; unused when the torrent was added with its metadata.</summary>
    public MetadataFetch MetadataFetch { get; }

    /// <summary>Who was caught sending bad data.</summary>
    public PeerTrust Trust { get; } = new();

    /// <summary>The torrent's upload limit in bytes/s; null is unlimited.</summary>
    public long? UploadLimit => Host.UploadLimit;

    /// <summary>Where peers see us.</summary>
    public ExternalAddress ExternalAddress { get; } = new();

    /// <summary>What is given to peers that have nothing yet.</summary>
    public AllowedFastGrants Grants { get; } = new();

    /// <summary>Who has to wait before it may connect again.</summary>
    public PeerPenalties PeerPenalties { get; } = new();

    /// <summary>Pieces that were wrong and whose fault it was is not known.</summary>
    public FailedPieces FailedPieces { get; } = new();

    public SwarmTotals Totals { get; } = new();

    public TorrentState State { get; set; }

    /// <summary>Why it is paused or failed, unless it was told to.</summary>
    public TorrentFault? Fault { get; set; }

    /// <summary>Web seeds that are used no more, and why.</summary>
    public IReadOnlyList<WebSeedFault> WebSeedFaults { get; set; } = [];

    /// <summary>How far the check of existing data is, 0–1.</summary>
    public double CheckedFraction { get; set; }

    /// <summary>Wanted bytes, here or not.</summary>
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

    /// <summary>The clock in its own ticks.</summary>
    public long Now => Time.GetTimestamp();

    /// <summary>The time since a reading of <see cref="Now"/>.</summary>
    public TimeSpan Since(long then) => Time.GetElapsedTime(then);

    /// <summary>Gets whether peers from a source may be used: a private torrent uses only its trackers and the user's peers (BEP 27).</summary>
    public bool Allows(PeerSource source) => !Settings.IsPrivate || source is PeerSource.Tracker or PeerSource.Manual;

    /// <summary>Takes over settings with their geometry and priorities, and starts a picker without verified pieces for them.</summary>
    [MemberNotNull(nameof(Settings), nameof(Picker))]
    public void UseContent(SwarmSettings settings, IPieceStore? store)
    {
        Settings = settings;
        _store = store;
        Picker = new PiecePicker(Geometry, settings.Torrent.Strategy, Random) { MaxPartialPieces = settings.MaxPartialPieces };
        for (int i = 0; i < settings.Priorities.Count; i++)
            Picker.SetPriority(new(i), settings.Priorities[i]);
    }
}
