using TorrentPS.Engine.Policy.Connections;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>Decides how long to wait after a web seed failed, and when to stop using it.</summary>
internal sealed class WebSeedBackoff(Random random)
{
    /// <summary>
    /// Number of consecutive failures after which a web seed is no longer used. The waits between them grow and add up
    /// to about three minutes, enough for a server to restart.
    /// </summary>
    public const int MaxFailures = 6;

    /// <summary>Maximum wait accepted from a server's <c>Retry-After</c> header.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    private int _failures;
    private int _refusals;

    /// <summary>Resets the count of failures. Called when a block has arrived.</summary>
    public void OnSuccess() => _failures = _refusals = 0;

    /// <summary>Counts a failure.</summary>
    /// <param name="failure">
    /// The failure. A failure of the kind <see cref="WebSeedError.Busy"/> doesn't count towards
    /// <see cref="MaxFailures"/> (BEP 19).
    /// </param>
    /// <returns>The time to wait before the next request; null if the web seed should no longer be used.</returns>
    public TimeSpan? OnFailure(WebSeedException failure)
    {
        bool isBusy = failure.Error == WebSeedError.Busy;
        if (failure.Error == WebSeedError.Unusable || (!isBusy && ++_failures >= MaxFailures))
            return null;
        TimeSpan pause = ReconnectBackoff.Delay(isBusy ? ++_refusals : _failures, random);
        TimeSpan retryAfter = failure.RetryAfter ?? TimeSpan.Zero;
        return pause > retryAfter ? pause : retryAfter < MaxRetryAfter ? retryAfter : MaxRetryAfter;
    }
}
