using TorrentPS.Engine.Policy.Connections;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>How long to leave a web seed alone after it failed, and when to give it up.</summary>
internal sealed class WebSeedBackoff(Random random)
{
    /// <summary>After so many failures in a row it is given up: some three minutes, in which a server is restarted.</summary>
    public const int MaxFailures = 6;

    /// <summary>The longest that a server's own wish to be left alone is followed: who asks for more is tried again once an hour.</summary>
    public static readonly TimeSpan LongestWish = TimeSpan.FromHours(1);

    private int _failures;
    private int _refusals;

    /// <summary>It gave something.</summary>
    public void OnServed() => _failures = _refusals = 0;

    /// <summary>It failed.</summary>
    /// <param name="failure">In which way. A server that is merely busy is there, and is never given up (BEP 19).</param>
    /// <returns>How long to wait; null when it is to be given up.</returns>
    public TimeSpan? OnFailure(WebSeedException failure)
    {
        bool isBusy = failure.Error == WebSeedError.Busy;
        if (failure.Error == WebSeedError.Unusable || (!isBusy && ++_failures >= MaxFailures))
            return null;
        TimeSpan pause = ReconnectBackoff.Delay(isBusy ? ++_refusals : _failures, random);
        TimeSpan wish = failure.RetryAfter ?? TimeSpan.Zero;
        return pause > wish ? pause : wish < LongestWish ? wish : LongestWish;
    }
}
