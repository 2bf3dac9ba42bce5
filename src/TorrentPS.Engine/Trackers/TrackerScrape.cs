using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>The result of a scrape (BEP 48) of one torrent at one tracker: the counts, or the error.</summary>
internal sealed record TrackerScrape(ScrapeCounts? Counts, TrackerException? Error, DateTimeOffset Time)
{
    /// <summary>Scrapes a tracker. Failures are returned, not thrown.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static async Task<TrackerScrape> QueryAsync(
        ITrackerClient client,
        Uri tracker,
        InfoHash infoHash,
        TimeSpan timeout,
        TimeProvider time,
        CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            ScrapeResponse response = await client.ScrapeAsync(tracker, [infoHash], either.Token);
            return response.Torrents.TryGetValue(infoHash, out ScrapeCounts counts)
                ? new TrackerScrape(counts, null, time.GetUtcNow())
                : Failed(TrackerErrorKind.Refused, "The tracker does not know the torrent.");
        }
        catch (TrackerException error)
        {
            return new TrackerScrape(null, error, time.GetUtcNow());
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Failed(
                TrackerErrorKind.Timeout, $"The tracker did not answer the scrape within {timeout.TotalSeconds:0} s.");
        }

        TrackerScrape Failed(TrackerErrorKind kind, string message) =>
            new(null, new TrackerException(kind, tracker, message), time.GetUtcNow());
    }

    /// <summary>Returns the status with the counts of the scrape, or with the reason why the scrape failed.</summary>
    public TrackerStatus ApplyTo(TrackerStatus status) => Counts is { } counts
        ? status with
        {
            Seeds = counts.Complete,
            Leeches = counts.Incomplete,
            Completed = counts.Downloaded,
            LastScrape = Time,
            ScrapeFailure = null,
        }
        : status with { ScrapeFailure = Error?.Message };
}
