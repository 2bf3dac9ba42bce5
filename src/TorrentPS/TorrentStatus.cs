using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// The status and settings of a torrent at one moment. Sizes are in bytes. Rates are in bytes/s, averaged over the last
/// few seconds.
/// </summary>
public sealed class TorrentStatus : TorrentOutput
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

    /// <summary>The torrent's state.</summary>
    public TorrentState State => _status.State;

    /// <summary>Why the download receives nothing; null unless the state is Stalled.</summary>
    public StalledReason? StalledReason => _status.StalledReason;

    /// <summary>
    /// Time at which the stalled download last received new data. If it has received none since it started or resumed,
    /// this is the time at which it started or resumed. Null unless the state is Stalled.
    /// </summary>
    public DateTimeOffset? StalledSince => _status.StalledSince;

    /// <summary>
    /// Percentage of <see cref="WantedSize"/> that is verified and on disk, from 0 to 100. In the state Checking, it is
    /// the percentage of the existing content that was checked. In the state DownloadingMetadata, it is the percentage
    /// of the metadata that was received.
    /// </summary>
    public double Progress => _status.Progress;

    /// <summary>Total size of the content in bytes.</summary>
    public long Size => _status.Size;

    /// <summary>Size of the wanted pieces in bytes; 0 until the metadata is known.</summary>
    public long WantedSize => _status.WantedSize;

    /// <summary>Size in bytes of the wanted pieces that are verified and on disk.</summary>
    public long Completed => _status.Completed;

    /// <summary>Download rate of payload, in bytes/s.</summary>
    public long DownloadRate => _status.DownloadRate;

    /// <summary>Upload rate of payload, in bytes/s.</summary>
    public long UploadRate => _status.UploadRate;

    /// <summary>
    /// Estimated time until all wanted pieces are verified, at the current rate. Null unless the torrent is downloading
    /// and receives payload.
    /// </summary>
    public TimeSpan? Eta => _status.Eta;

    /// <summary>Number of connected peers, not counting web seeds.</summary>
    public int Peers => _status.Peers;

    /// <summary>Number of connected peers that have all pieces, not counting web seeds.</summary>
    public int Seeds => _status.Seeds;

    /// <summary>Number of web seeds in use (BEP 19).</summary>
    public int WebSeeds => _status.WebSeeds;

    /// <summary>Web seeds that failed and are not used for now, each with its last error.</summary>
    public FlatList<WebSeedFault> WebSeedFaults => [.. _status.WebSeedFaults];

    /// <summary>Number of known peers to which this client is not connected.</summary>
    public int KnownPeers => _status.KnownPeers;

    /// <summary>Payload bytes received, including <see cref="Wasted"/> and <see cref="HashFailed"/>.</summary>
    public long Downloaded => _status.Downloaded;

    /// <summary>Payload bytes sent.</summary>
    public long Uploaded => _status.Uploaded;

    /// <summary>
    /// Share ratio: <see cref="Uploaded"/> divided by <see cref="WantedSize"/>; 0 if the latter is 0.
    /// </summary>
    public double Ratio => _status.Ratio;

    /// <summary>Payload bytes received and discarded: blocks that had already arrived or were not requested.</summary>
    public long Wasted => _status.Wasted;

    /// <summary>Payload bytes received in pieces that failed their hash check.</summary>
    public long HashFailed => _status.HashFailed;

    /// <summary>Bytes received that are not payload.</summary>
    public long ProtocolDownloaded => _status.ProtocolDownloaded;

    /// <summary>Bytes sent that are not payload.</summary>
    public long ProtocolUploaded => _status.ProtocolUploaded;

    /// <summary>Number of pieces that are verified and on disk.</summary>
    public int PiecesHave => _status.PiecesHave;

    /// <summary>Number of pieces of the torrent; 0 until the metadata is known.</summary>
    public int PieceCount => _status.PieceCount;

    /// <summary>The v1 info hash in lower-case hexadecimal; null for a v2-only torrent.</summary>
    public string? InfoHash => _status.InfoHash?.ToString();

    /// <summary>The v2 info hash in lower-case hexadecimal; null for a v1-only torrent.</summary>
    public string? InfoHashV2 => _status.InfoHashV2?.ToString();

    /// <summary>Full path of the folder that contains the torrent's top-level file or folder.</summary>
    public string Destination => _status.Destination;

    /// <summary>Full path of the torrent's top-level file or folder; null until the metadata is known.</summary>
    public string? Path => _status.Path;

    /// <summary>Time at which the torrent was added to its session.</summary>
    public DateTimeOffset Added => _status.Added;

    /// <summary>
    /// Time at which the download was complete: all wanted pieces were verified. For a torrent that was started as a
    /// seed, the time at which it began to seed. Null before that time, and null again when more pieces become wanted.
    /// </summary>
    public DateTimeOffset? CompletedAt => _status.CompletedAt;

    /// <summary>
    /// Time since <see cref="Added"/>, or since the torrent left the state Queued. Pauses are included.
    /// </summary>
    public TimeSpan Elapsed => _status.Elapsed;

    /// <summary>Id of the fault that paused or ended the torrent; null if there is none.</summary>
    public TorrentFaultId? FaultId => _status.Fault?.Id;

    /// <summary>
    /// Message about the fault that paused or ended the torrent, with a remedy; null if there is none.
    /// </summary>
    public string? Fault => _status.Fault?.Message;

    /// <summary>The torrent's own download limit in bytes/s; null means unlimited.</summary>
    public long? DownloadLimit => _settings.DownloadLimit;

    /// <summary>The torrent's own upload limit in bytes/s; null means unlimited.</summary>
    public long? UploadLimit => _settings.UploadLimit;

    /// <summary>The choking algorithm, which assigns the upload slots to peers.</summary>
    public ChokerKind Choker => _settings.Choker;

    /// <summary>Number of upload slots. Null means automatic: the fewest slots that fill the uplink.</summary>
    public int? UploadSlots => _settings.UploadSlots;

    /// <summary>Whether the torrent uses super-seeding (BEP 16) while it seeds.</summary>
    public bool SuperSeeding => _settings.SuperSeeding;

    /// <summary>The order in which pieces are requested.</summary>
    public PieceStrategy PieceStrategy => _settings.Strategy;

    /// <summary>Maximum number of connected peers.</summary>
    public int MaxPeers => _settings.MaxPeers;

    internal Torrent Torrent { get; }

    /// <summary>Returns the name and the state.</summary>
    public override string ToString() => $"{Name} ({State})";

    /// <summary>
    /// Returns whether this status and <paramref name="other"/> have the same state, progress, transferred bytes,
    /// number of peers and fault. The torrent's job does not write a status if these values are unchanged.
    /// </summary>
    internal bool HasSameProgressAs(TorrentStatus other) =>
        State == other.State
        && StalledReason == other.StalledReason
        && Progress.Equals(other.Progress)
        && Downloaded == other.Downloaded
        && Uploaded == other.Uploaded
        && Peers == other.Peers
        && FaultId == other.FaultId;
}
