using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>Asks one tracker one question.</summary>
internal interface ITrackerClient
{
    /// <summary>Announces to a tracker.</summary>
    /// <exception cref="TrackerException">There is no usable answer.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    Task<AnnounceResponse> AnnounceAsync(Uri tracker, AnnounceRequest request, CancellationToken cancellation);

    /// <summary>Asks for the number of peers of each torrent.</summary>
    /// <exception cref="TrackerException">There is no usable answer.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    Task<ScrapeResponse> ScrapeAsync(Uri tracker, IReadOnlyList<InfoHash> torrents, CancellationToken cancellation);
}
