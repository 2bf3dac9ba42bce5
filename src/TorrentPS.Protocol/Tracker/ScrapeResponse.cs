using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>What a tracker answers to a scrape (BEP 48; BEP 15, "scrape").</summary>
/// <param name="Torrents">The torrents that the tracker knows, of those asked for.</param>
public sealed record ScrapeResponse(IReadOnlyDictionary<InfoHash, ScrapeCounts> Torrents);

/// <summary>How many peers a torrent has at a tracker.</summary>
/// <param name="Complete">Seeds.</param>
/// <param name="Incomplete">Leeches, partial seeds included.</param>
/// <param name="Downloaded">How often the torrent was ever completed.</param>
/// <param name="Downloaders">Leeches without partial seeds, if the tracker tells them apart (BEP 21).</param>
public readonly record struct ScrapeCounts(int Complete, int Incomplete, int Downloaded, int? Downloaders = null);
