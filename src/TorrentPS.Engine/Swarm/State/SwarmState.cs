using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// The torrent as the loop sees it; only handlers touch it, one event at a time. What a handler decides it takes from Policy,
/// what it wants done it asks of <see cref="Host"/>, <see cref="Store"/> and the peers' links.
/// </summary>
internal sealed class SwarmState
{
    private readonly long _origin;

    public SwarmState(SwarmSettings settings, ISwarmHost host, IPieceStore store, BlockPool blocks, TimeProvider time, Random random)
    {
        Settings = settings;
        Host = host;
        Store = store;
        Blocks = blocks;
        Time = time;
        Random = random;
        Picker = new PiecePicker(settings.Geometry, settings.Torrent.Strategy, random) { MaxPartialPieces = settings.MaxPartialPieces };
        for (int i = 0; i < settings.Priorities.Count; i++)
            Picker.SetPriority(new(i), settings.Priorities[i]);
        Candidates = new PeerCandidates(random);
        AddedAt = time.GetUtcNow();
        _origin = time.GetTimestamp();
    }

    /// <summary>What holds now; the user can change some of it while the torrent runs.</summary>
    public SwarmSettings Settings { get; set; }

    public ISwarmHost Host { get; }

    public IPieceStore Store { get; }

    public BlockPool Blocks { get; }

    public TimeProvider Time { get; }

    public Random Random { get; }

    public PiecePicker Picker { get; }

    public PeerTable Peers { get; } = new();

    public PeerCandidates Candidates { get; }

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

    public TorrentState State { get; set; } = TorrentState.Checking;

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

    /// <summary>Whether peers are welcome.</summary>
    public bool IsActive => State is TorrentState.Downloading or TorrentState.Finished or TorrentState.Seeding;

    /// <summary>The clock in its own ticks.</summary>
    public long Now => Time.GetTimestamp();

    /// <summary>The time since a reading of <see cref="Now"/>.</summary>
    public TimeSpan Since(long then) => Time.GetElapsedTime(then);
}
