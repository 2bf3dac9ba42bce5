using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

internal interface ITrackerClient
{
    /// <summary>Announces a torrent to a tracker.</summary>
    /// <exception cref="TrackerException">The tracker sent no valid response, or refused the request.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    Task<AnnounceResponse> AnnounceAsync(Uri tracker, AnnounceRequest request, CancellationToken cancellation);

    /// <summary>Requests the number of seeds and leeches of each torrent from a tracker (BEP 48).</summary>
    /// <exception cref="TrackerException">
    /// The tracker doesn't support scrape, sent no valid response, or refused the request.
    /// </exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    Task<ScrapeResponse> ScrapeAsync(Uri tracker, IReadOnlyList<InfoHash> torrents, CancellationToken cancellation);
}
