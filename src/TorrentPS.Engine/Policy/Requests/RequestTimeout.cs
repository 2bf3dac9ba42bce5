namespace TorrentPS.Engine.Policy.Requests;

/// <summary>How long to wait for a block before its request is given up: learned from how long the peer's blocks took.</summary>
/// <remarks>
/// The mean wait plus four times its mean deviation, both smoothed, as TCP does for its retransmissions (RFC 6298 §2), and at least
/// <see cref="Pause"/> more than the mean: where the queue at the peer is the whole wait, it hardly deviates until the link slows down,
/// and then each block takes longer without anything being lost. A time-out doubles it until a block comes.
/// </remarks>
internal sealed class RequestTimeout
{
    /// <summary>What a peer may take beyond its usual: a pause of a second or two is no failure.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>The most: longer would hold the end of a download.</summary>
    public static readonly TimeSpan Cap = TimeSpan.FromSeconds(60);

    /// <summary>What a peer gets that has sent nothing yet: it may have to read its disk and fill a slow link first.</summary>
    public static readonly TimeSpan Initial = TimeSpan.FromSeconds(20);

    private const double MeanGain = 1.0 / 8;
    private const double DeviationGain = 1.0 / 4;
    private const int MaxDoublings = 5;

    private double _mean;
    private double _deviation;
    private bool _measured;
    private int _doublings;

    /// <summary>How long to wait now.</summary>
    public TimeSpan Value
    {
        get
        {
            double seconds = _measured ? _mean + Math.Max(4 * _deviation, Pause.TotalSeconds) : Initial.TotalSeconds;
            return TimeSpan.FromSeconds(Math.Min(seconds * (1 << _doublings), Cap.TotalSeconds));
        }
    }

    /// <summary>A block came.</summary>
    /// <param name="wait">The time since it was requested.</param>
    public void OnBlock(TimeSpan wait)
    {
        // What is beyond the cap was given up; a clock that went back measures nothing.
        double seconds = Math.Clamp(wait.TotalSeconds, 0, Cap.TotalSeconds);
        _doublings = 0;
        if (!_measured)
        {
            _measured = true;
            _mean = seconds;
            _deviation = seconds / 2;
            return;
        }

        _deviation += (Math.Abs(seconds - _mean) - _deviation) * DeviationGain;
        _mean += (seconds - _mean) * MeanGain;
    }

    /// <summary>A request was given up.</summary>
    public void OnTimeout() => _doublings = Math.Min(_doublings + 1, MaxDoublings);
}
