using TorrentPS.Engine.Dht.Common;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>
/// Estimates the round-trip time of responses and derives the time-outs of queries from it. All times are in
/// milliseconds.
/// </summary>
internal sealed class RoundTripTimes
{
    /// <summary>Estimate in milliseconds before the first measurement: the round-trip time of a slow link.</summary>
    private const double InitialEstimate = 600;

    /// <summary>
    /// Weight of a new measurement in the moving averages of round-trip time and deviation. RFC 6298 uses 1/8 for the
    /// round-trip time.
    /// </summary>
    private const double Weight = 0.1;

    /// <summary>Lower bound of the short time-out in milliseconds.</summary>
    private const double MinShortTimeout = 150;

    /// <summary>Upper bound of the short time-out in milliseconds.</summary>
    private const double MaxShortTimeout = 1500;

    private double _mean = InitialEstimate;
    private double _deviation = InitialEstimate / 4;

    /// <summary>
    /// Age in milliseconds at which a query without a response is late. A lookup then queries a further node.
    /// </summary>
    public long ShortTimeout => (long)Math.Clamp(_mean + (3 * _deviation), MinShortTimeout, MaxShortTimeout);

    /// <summary>
    /// Age in milliseconds at which a query without a response has failed: four times the short time-out, but at least
    /// 2 and at most 5 seconds.
    /// </summary>
    public long FinalTimeout => Math.Clamp(4 * ShortTimeout, 2 * DhtClock.Second, 5 * DhtClock.Second);

    public void Add(long milliseconds)
    {
        double error = milliseconds - _mean;
        _mean += Weight * error;
        _deviation += Weight * (Math.Abs(error) - _deviation);
    }
}
