using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// A tracker of a torrent with the counts from a scrape. Unknown values are null. The properties have the same names as
/// in the module's TorrentTrackerStatus objects.
/// </summary>
internal sealed record TrackerRecord
{
    public required string Torrent { get; init; }

    /// <summary>The announce URL without its secrets, for display.</summary>
    public required string Tracker { get; init; }

    /// <summary>The whole announce URL. It may contain a passkey.</summary>
    public required string Url { get; init; }

    public int Tier { get; init; }

    public TrackerState State { get; init; }

    public string? Failure { get; init; }

    public int? Seeds { get; init; }

    public int? Leeches { get; init; }

    public int? Completed { get; init; }

    public string? ScrapeFailure { get; init; }

    public string? InfoHash { get; init; }

    public static TrackerRecord Of(string torrent, string infoHash, TrackerStatus status) => new()
    {
        Torrent = torrent,
        Tracker = DisplayUrl.OfTracker(status.Url),
        Url = status.Url.OriginalString,
        Tier = status.Tier,
        State = status.State,
        Failure = status.Failure,
        Seeds = status.Seeds,
        Leeches = status.Leeches,
        Completed = status.Completed,
        ScrapeFailure = status.ScrapeFailure,
        InfoHash = infoHash,
    };
}
