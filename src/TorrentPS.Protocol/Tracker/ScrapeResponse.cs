using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>The response of a tracker to a scrape (BEP 48; BEP 15, "scrape").</summary>
/// <param name="Torrents">
/// Counts of the requested torrents by info hash. Torrents that the response lacks are left out.
/// </param>
public sealed record ScrapeResponse(IReadOnlyDictionary<InfoHash, ScrapeCounts> Torrents);

/// <summary>Numbers of a torrent's peers and downloads, as counted by a tracker.</summary>
/// <param name="Complete">Number of seeds.</param>
/// <param name="Incomplete">Number of leeches, including partial seeds.</param>
/// <param name="Downloaded">Number of completed downloads that the tracker has counted.</param>
/// <param name="Downloaders">
/// Number of leeches that are not partial seeds (BEP 21), or null if the response does not contain this number.
/// </param>
public readonly record struct ScrapeCounts(int Complete, int Incomplete, int Downloaded, int? Downloaders = null);
