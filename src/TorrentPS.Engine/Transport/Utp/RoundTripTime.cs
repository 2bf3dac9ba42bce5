namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// Estimates the round-trip time and the retransmission time-out (RFC 6298). Times are in microseconds.
/// </summary>
internal sealed class RoundTripTime
{
    /// <summary>Minimum time-out, as in BEP 29. Receivers delay acknowledgements by less than this time.</summary>
    private const long MinTimeout = 500 * UtpTime.Millisecond;

    /// <summary>
    /// Maximum time-out. After an interruption of the network, packets are sent again within this time.
    /// </summary>
    private const long MaxTimeout = 15 * UtpTime.Second;

    /// <summary>Time-out before the first measurement, as in RFC 6298.</summary>
    private const long InitialTimeout = UtpTime.Second;

    private long _variance;
    private int _backoff;

    /// <summary>The smoothed round-trip time; 0 before the first measurement.</summary>
    public long Smoothed { get; private set; }

    /// <summary>The shortest measured round-trip time; 0 before the first measurement.</summary>
    public long Shortest { get; private set; }

    /// <summary>The time after which unacknowledged packets are sent again.</summary>
    public long Timeout
    {
        get
        {
            long time = Smoothed == 0 ? InitialTimeout : Math.Max(MinTimeout, Smoothed + (4 * _variance));
            return Math.Min(MaxTimeout, time << _backoff);
        }
    }

    /// <summary>Adds the measured round-trip time of a packet that was sent only once.</summary>
    public void Add(long time)
    {
        time = Math.Max(1, time);
        if (Smoothed == 0)
        {
            Smoothed = Shortest = time;
            _variance = time / 2;
        }
        else
        {
            _variance += (Math.Abs(Smoothed - time) - _variance) / 4;
            Smoothed = Math.Max(1, Smoothed + ((time - Smoothed) / 8));
            Shortest = Math.Min(Shortest, time);
        }

        _backoff = 0;
    }

    /// <summary>Doubles the time-out. The next measurement cancels all doublings.</summary>
    public void Back() => _backoff = Math.Min(_backoff + 1, 5);
}
