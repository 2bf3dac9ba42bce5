using TorrentPS.Engine.Policy.Connections;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>Decides how long to wait after a failure of a web seed, and when the web seed is no longer used.</summary>
internal sealed class WebSeedBackoff(Random random)
{
    /// <summary>
    /// Number of consecutive failures after which a web seed is no longer used. The waits between these failures add up
    /// to about three minutes, in which a server can restart.
    /// </summary>
    public const int MaxFailures = 6;

    /// <summary>
    /// Maximum wait accepted from a server's <c>Retry-After</c> header. If a server asked for a wait of several days,
    /// the web seed would otherwise not be used again during the download.
    /// </summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    private int _failures;
    private int _busyResponses;

    public void OnSuccess() => _failures = _busyResponses = 0;

    /// <summary>
    /// Counts a failure. A failure of the kind <see cref="WebSeedError.Busy"/> does not count towards
    /// <see cref="MaxFailures"/> (BEP 19).
    /// </summary>
    /// <returns>The time to wait before the next request; null if the web seed should no longer be used.</returns>
    public TimeSpan? OnFailure(WebSeedException failure)
    {
        bool isBusy = failure.Error == WebSeedError.Busy;
        if (failure.Error == WebSeedError.Unusable || (!isBusy && ++_failures >= MaxFailures))
            return null;
        TimeSpan pause = ReconnectBackoff.Delay(isBusy ? ++_busyResponses : _failures, random);
        TimeSpan retryAfter = failure.RetryAfter ?? TimeSpan.Zero;
        return pause > retryAfter ? pause : retryAfter < MaxRetryAfter ? retryAfter : MaxRetryAfter;
    }
}
