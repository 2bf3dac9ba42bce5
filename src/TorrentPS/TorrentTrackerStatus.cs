using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS;

/// <summary>The status of a tracker of a running torrent, a torrent file or a magnet link.</summary>
public sealed class TorrentTrackerStatus
{
    private readonly TrackerStatus _status;

    internal TorrentTrackerStatus(string torrent, string? infoHash, TrackerStatus status)
    {
        Torrent = torrent;
        InfoHash = infoHash;
        _status = status;
    }

    /// <summary>The torrent's name.</summary>
    public string Torrent { get; }

    /// <summary>The announce URL without its secrets, for display.</summary>
    public string Tracker => DisplayUrl.OfTracker(_status.Url);

    /// <summary>The whole announce URL. It may contain a passkey.</summary>
    public string Url => _status.Url.OriginalString;

    /// <summary>
    /// Zero-based tier (BEP 12). The trackers of a tier are used only if all trackers of the tiers before it fail.
    /// </summary>
    public int Tier => _status.Tier;

    /// <summary>
    /// For a running torrent, the state of the announces to the tracker. For a torrent file or magnet link, the result
    /// of the scrape: Working, Failed, or NotContacted if no scrape was requested or the tracker does not support
    /// scrape.
    /// </summary>
    public TrackerState State => _status.State;

    /// <summary>
    /// Why the last announce failed; null if it did not fail. If the tracker was queried for a torrent file or magnet
    /// link instead of a running torrent, nothing is announced. The reason is then that of the failed scrape.
    /// </summary>
    public string? Failure => _status.Failure;

    /// <summary>Kind of the failure; null if there is none.</summary>
    public TrackerErrorKind? FailureKind => _status.FailureKind;

    /// <summary>
    /// The warning message in the tracker's last response to an announce; null if that response contains no warning.
    /// </summary>
    public string? Message => _status.Message;

    /// <summary>Number of seeds according to the tracker; null if unknown.</summary>
    public int? Seeds => _status.Seeds;

    /// <summary>Number of leeches according to the tracker; null if unknown.</summary>
    public int? Leeches => _status.Leeches;

    /// <summary>Number of completed downloads that the tracker has counted, from a scrape; null if unknown.</summary>
    public int? Completed => _status.Completed;

    /// <summary>Number of peers in the last response to an announce.</summary>
    public int PeersReceived => _status.PeersReceived;

    /// <summary>When the tracker last responded to an announce; null before the first response.</summary>
    public DateTimeOffset? LastAnnounce => _status.LastAnnounce;

    /// <summary>
    /// When the next announce will be sent. Null while an announce is in progress, and for a tracker that is used only
    /// if the trackers before it fail.
    /// </summary>
    public DateTimeOffset? NextAnnounce => _status.NextAnnounce;

    /// <summary>
    /// The earliest time that the tracker allows for the next announce; null if the tracker sets no minimum interval.
    /// </summary>
    public DateTimeOffset? NotBefore => _status.NotBefore;

    /// <summary>When the tracker last responded to a scrape; null before the first response.</summary>
    public DateTimeOffset? LastScrape => _status.LastScrape;

    /// <summary>Why the last scrape failed; null if it did not fail.</summary>
    public string? ScrapeFailure => _status.ScrapeFailure;

    /// <summary>The torrent's info hash in lower-case hexadecimal.</summary>
    public string? InfoHash { get; }

    internal static IEnumerable<TorrentTrackerStatus> Of(Torrent torrent, IEnumerable<TrackerStatus> trackers)
    {
        EngineStatus status = torrent.Status;
        string? infoHash = status.InfoHash?.ToString() ?? status.InfoHashV2?.ToString();
        return trackers.Select(tracker => new TorrentTrackerStatus(status.Name, infoHash, tracker));
    }

    /// <summary>Returns the announce URL without its secrets, and the state.</summary>
    public override string ToString() => $"{Tracker} ({State})";
}
