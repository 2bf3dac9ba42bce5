using TorrentPS.Engine.Dht.Common;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>How long answers take, and so how long to wait for one.</summary>
internal sealed class RoundTripTimes
{
    /// <summary>Before anything was measured: a slow link's round trip.</summary>
    private const double FirstGuess = 600;

    /// <summary>Ten of the last answers make most of the mean (RFC 6298 takes eight).</summary>
    private const double Weight = 0.1;

    private const double ShortestWait = 150;
    private const double LongestShortWait = 1500;

    private double _mean = FirstGuess;
    private double _deviation = FirstGuess / 4;

    /// <summary>After so many milliseconds an answer is late, and someone else is asked as well.</summary>
    public long Short => (long)Math.Clamp(_mean + (3 * _deviation), ShortestWait, LongestShortWait);

    /// <summary>After so many milliseconds no answer is expected any more.</summary>
    public long Long => Math.Clamp(4 * Short, 2 * DhtClock.Second, 5 * DhtClock.Second);

    public void Add(long milliseconds)
    {
        double error = milliseconds - _mean;
        _mean += Weight * error;
        _deviation += Weight * (Math.Abs(error) - _deviation);
    }
}
