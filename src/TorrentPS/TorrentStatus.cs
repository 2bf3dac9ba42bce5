using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// The status and settings of a running torrent at one moment. Sizes are in bytes, rates in bytes/s averaged over some
/// seconds.
/// </summary>
public sealed class TorrentStatus
{
    private readonly EngineStatus _status;
    private readonly TorrentSettings _settings;

    internal TorrentStatus(Torrent torrent)
    {
        Torrent = torrent;
        _status = torrent.Status;
        _settings = torrent.Settings;
    }

    /// <summary>The torrent's name.</summary>
    public string Name => _status.Name;

    /// <summary>What the torrent is doing.</summary>
    public TorrentState State => _status.State;

    /// <summary>
    /// Percentage of the wanted bytes that are verified and on disk. In the state DownloadingMetadata, the percentage
    /// of the metadata received. In the state Checking, the percentage of the existing content checked.
    /// </summary>
    public double Progress => _status.Progress;

    /// <summary>Size of the whole content.</summary>
    public long Size => _status.Size;

    /// <summary>Size of the wanted content.</summary>
    public long WantedSize => _status.WantedSize;

    /// <summary>Wanted bytes that are verified and on disk.</summary>
    public long Completed => _status.Completed;

    /// <summary>Payload bytes/s received.</summary>
    public long DownloadRate => _status.DownloadRate;

    /// <summary>Payload bytes/s sent.</summary>
    public long UploadRate => _status.UploadRate;

    /// <summary>
    /// Estimated remaining time of the download at the current rate; null unless the torrent is downloading and
    /// receives payload.
    /// </summary>
    public TimeSpan? Eta => _status.Eta;

    /// <summary>Number of connected peers.</summary>
    public int Peers => _status.Peers;

    /// <summary>Number of connected peers that have all pieces.</summary>
    public int Seeds => _status.Seeds;

    /// <summary>Number of web seeds in use (BEP 19). They do not count as peers.</summary>
    public int WebSeeds => _status.WebSeeds;

    /// <summary>Web seeds that failed and are not used for now, each with its last error.</summary>
    public WebSeedFault[] WebSeedFaults => [.. _status.WebSeedFaults];

    /// <summary>Number of known addresses of peers that are not connected.</summary>
    public int KnownPeers => _status.KnownPeers;

    /// <summary>Payload bytes received, including duplicates and data that failed its hash check.</summary>
    public long Downloaded => _status.Downloaded;

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded => _status.Uploaded;

    /// <summary>Share ratio: uploaded bytes per wanted byte.</summary>
    public double Ratio => _status.Ratio;

    /// <summary>
    /// Payload bytes received that were not needed: duplicate blocks, and blocks that arrived too late.
    /// </summary>
    public long Wasted => _status.Wasted;

    /// <summary>Payload bytes discarded because their piece failed its hash.</summary>
    public long HashFailed => _status.HashFailed;

    /// <summary>Bytes received that are not payload.</summary>
    public long ProtocolDownloaded => _status.ProtocolDownloaded;

    /// <summary>Bytes sent that are not payload.</summary>
    public long ProtocolUploaded => _status.ProtocolUploaded;

    /// <summary>Number of verified pieces.</summary>
    public int PiecesHave => _status.PiecesHave;

    /// <summary>Number of pieces of the torrent.</summary>
    public int PieceCount => _status.PieceCount;

    /// <summary>The v1 info hash in lower-case hexadecimal; null for a v2-only torrent.</summary>
    public string? InfoHash => _status.InfoHash?.ToString();

    /// <summary>The v2 info hash in lower-case hexadecimal; null for a v1-only torrent.</summary>
    public string? InfoHashV2 => _status.InfoHashV2?.ToString();

    /// <summary>Full path of the folder that holds the top-level file or folder.</summary>
    public string Destination => _status.Destination;

    /// <summary>Full path of the top-level file or folder; null until the metadata is known.</summary>
    public string? Path => _status.Path;

    /// <summary>Time at which the torrent was started.</summary>
    public DateTimeOffset Added => _status.Added;

    /// <summary>
    /// Time at which all wanted pieces were verified, or at which the torrent began to seed. Null before that, and null
    /// again when more pieces become wanted.
    /// </summary>
    public DateTimeOffset? CompletedAt => _status.CompletedAt;

    /// <summary>Time for which the torrent has been running.</summary>
    public TimeSpan Elapsed => _status.Elapsed;

    /// <summary>Stable name of the fault that paused or ended the torrent; null if there is none.</summary>
    public TorrentFaultId? FaultId => _status.Fault?.Id;

    /// <summary>The fault that paused or ended the torrent, and what to do; null if there is none.</summary>
    public string? Fault => _status.Fault?.Message;

    /// <summary>Download limit in bytes/s; null means unlimited.</summary>
    public long? DownloadLimit => _settings.DownloadLimit;

    /// <summary>Upload limit in bytes/s; null means unlimited.</summary>
    public long? UploadLimit => _settings.UploadLimit;

    /// <summary>The choking algorithm.</summary>
    public ChokerKind Choker => _settings.Choker;

    /// <summary>Number of upload slots; null means automatic.</summary>
    public int? UploadSlots => _settings.UploadSlots;

    /// <summary>Whether the torrent uses super-seeding (BEP 16) while it seeds.</summary>
    public bool SuperSeeding => _settings.SuperSeeding;

    /// <summary>The order in which pieces are requested.</summary>
    public PieceStrategy PieceStrategy => _settings.Strategy;

    /// <summary>Maximum number of connected peers.</summary>
    public int MaxPeers => _settings.MaxPeers;

    internal Torrent Torrent { get; }

    /// <summary>The name and state.</summary>
    public override string ToString() => $"{Name} ({State})";

    /// <summary>
    /// Returns whether state, progress, transferred bytes, number of peers and fault are the same in both. If so, the
    /// torrent's job does not write the new status.
    /// </summary>
    internal bool HasSameProgressAs(TorrentStatus other) =>
        State == other.State
        && Progress.Equals(other.Progress)
        && Downloaded == other.Downloaded
        && Uploaded == other.Uploaded
        && Peers == other.Peers
        && FaultId == other.FaultId;
}
