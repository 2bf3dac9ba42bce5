using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Sends requests to trackers over HTTP, HTTPS or UDP, depending on the scheme of the URL. All torrents of a session
/// share one instance.
/// </summary>
internal sealed class TrackerClient(TrackerClientOptions options) : ITrackerClient
{
    private readonly HttpTrackerClient _http = new(options);
    private readonly UdpTrackerClient _udp = new(options);

    public Task<AnnounceResponse> AnnounceAsync(Uri tracker, AnnounceRequest request, CancellationToken cancellation) =>
        For(tracker).AnnounceAsync(tracker, request, cancellation);

    public Task<ScrapeResponse> ScrapeAsync(
        Uri tracker, IReadOnlyList<InfoHash> torrents, CancellationToken cancellation) =>
        For(tracker).ScrapeAsync(tracker, torrents, cancellation);

    private ITrackerClient For(Uri tracker) => tracker.Scheme switch
    {
        "http" or "https" => _http,
        "udp" => _udp,
        _ => throw new TrackerException(
            TrackerErrorKind.UnsupportedScheme,
            tracker,
            $"The scheme '{tracker.Scheme}' is not supported. Trackers use http, https or udp."),
    };
}
