namespace TorrentPS.Engine;

/// <content>Trackers of a running torrent, and the torrent's warnings.</content>
public sealed partial class Torrent
{
    /// <summary>
    /// Gets warnings for the user: one for each failed web seed, and one with the trackers' errors if all trackers of
    /// the torrent fail. Empty while the torrent is paused, and after it has ended.
    /// </summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            TorrentStatus status = Status;
            if (status.HasEnded || status.State == TorrentState.Paused)
                return [];
            IEnumerable<string> webSeeds = status.WebSeedFaults.Select(fault => fault.ToString());
            return Runner.Trackers.WarningFor(status.Name) is { } trackers ? [trackers, .. webSeeds] : [.. webSeeds];
        }
    }

    /// <summary>
    /// Announces to the trackers before their regular interval has passed. Trackers whose last announce failed are
    /// included.
    /// </summary>
    /// <param name="force">
    /// Whether to ignore the minimum interval of the tracker. Trackers may refuse clients that announce too often.
    /// </param>
    /// <returns>
    /// When the announce is sent: now, or when the tracker's minimum interval has passed. Null if the torrent has no
    /// tracker. Also null while the torrent is not announced, because it is queued, checks existing data, is paused, or
    /// has ended.
    /// </returns>
    public DateTimeOffset? AnnounceNow(bool force = false) => Runner.Trackers.AnnounceNow(force);

    /// <summary>Scrapes the trackers (BEP 48), except those scraped less than 30 seconds ago.</summary>
    /// <param name="timeout">Maximum time to wait for a tracker.</param>
    /// <param name="cancellation">Cancels the scrapes.</param>
    /// <returns>
    /// The status of each tracker. <see cref="TrackerStatus.ScrapeFailure"/> says why a scrape failed.
    /// </returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public Task<IReadOnlyList<TrackerStatus>> ScrapeAsync(TimeSpan timeout, CancellationToken cancellation) =>
        Runner.Trackers.ScrapeAsync(timeout, cancellation);

    /// <summary>
    /// Adds a tracker. The change lasts until the torrent ends. The tracker gets an announce at once, unless the
    /// torrent is queued, paused or checking existing data. Later announces are sent to the tracker only if the
    /// trackers before it fail (BEP 12).
    /// </summary>
    /// <param name="url">The announce URL: http, https or udp.</param>
    /// <param name="tier">The tier, from 0; null means a new tier after the last one.</param>
    /// <returns>False if the torrent has the tracker already.</returns>
    /// <exception cref="SessionException">
    /// The URL cannot be used or the torrent already has 100 trackers, the maximum
    /// (<see cref="SessionErrorId.InvalidTracker"/>), or the torrent has ended
    /// (<see cref="SessionErrorId.TorrentEnded"/>).
    /// </exception>
    public bool AddTracker(Uri url, int? tier = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (tier is { } number)
            ArgumentOutOfRangeException.ThrowIfNegative(number, nameof(tier));
        if (Status.HasEnded)
        {
            throw new SessionException(
                SessionErrorId.TorrentEnded, $"'{Status.Name}' has ended; no tracker can be added.");
        }

        return Runner.Trackers.Add(url, tier);
    }

    /// <summary>
    /// Removes a tracker. The change lasts until the torrent ends. If the tracker has responded to an announce,
    /// <c>stopped</c> is announced to it.
    /// </summary>
    /// <param name="url">The announce URL.</param>
    /// <returns>False if the torrent does not have the tracker.</returns>
    public bool RemoveTracker(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Runner.Trackers.Remove(url);
    }
}
