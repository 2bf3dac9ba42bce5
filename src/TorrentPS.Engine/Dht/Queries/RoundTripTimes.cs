using TorrentPS.Engine.Dht.Common;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>
/// Estimates the round-trip time of responses and derives the time-outs of queries from it. All times are in
/// milliseconds.
/// </summary>
internal sealed class RoundTripTimes
{
    /// <summary>Initial estimate of the round-trip time in milliseconds, as on a slow link.</summary>
    private const double InitialEstimate = 600;

    /// <summary>
    /// Weight of a new measurement in the moving averages of the round-trip time and of its deviation. The value is
    /// close to the 1/8 of RFC 6298.
    /// </summary>
    private const double Weight = 0.1;

    private const double MinShortTimeout = 150;

    private const double MaxShortTimeout = 1500;

    private double _mean = InitialEstimate;
    private double _deviation = InitialEstimate / 4;

    /// <summary>
    /// Age in milliseconds at which a query without an answer is late. A lookup then queries a further node.
    /// </summary>
    public long ShortTimeout => (long)Math.Clamp(_mean + (3 * _deviation), MinShortTimeout, MaxShortTimeout);

    /// <summary>
    /// Age in milliseconds at which a query without an answer has failed. It is four times the short time-out, but at
    /// least 2 and at most 5 seconds.
    /// </summary>
    public long FinalTimeout => Math.Clamp(4 * ShortTimeout, 2 * DhtClock.Second, 5 * DhtClock.Second);

    public void Add(long milliseconds)
    {
        double error = milliseconds - _mean;
        _mean += Weight * error;
        _deviation += Weight * (Math.Abs(error) - _deviation);
    }
}
