namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// The congestion window: how many bytes may be on the way. It follows LEDBAT (RFC 6817): the window grows until
/// packets wait <see cref="TargetDelay"/> in queues.
/// </summary>
/// <remarks>
/// Two additions are from LEDBAT++ (draft-irtf-iccrg-ledbat-plus-plus): above the target the window falls in proportion
/// to itself, and slowdowns let the queue run empty, so that the base delay is measured again. The target falls a
/// little with the window, which makes the windows of two connections equal within seconds.
/// </remarks>
internal sealed class CongestionWindow
{
    /// <summary>Queueing delay in microseconds at which a small window stops growing. RFC 6817 allows 100 ms.</summary>
    public const long TargetDelay = 100 * UtpTime.Millisecond;

    /// <summary>Minimum and initial window in packets. Two packets are acknowledged at once.</summary>
    private const int MinPackets = 2;

    /// <summary>
    /// The part of the target that doesn't depend on the window. With 0.7, two connections that started at different
    /// times shared a link 9 % apart in the simulator, and 6 % apart with 0.6.
    /// </summary>
    private const double FixedTarget = 0.6;

    /// <summary>Window in packets at which half of the variable part of the target is left.</summary>
    private const double HalfTargetPackets = 64;

    /// <summary>Queueing delay at which slow start ends, as a part of the target (LEDBAT++).</summary>
    private const double SlowStartEnd = 0.75;

    /// <summary>Maximum part of the window that one round-trip time takes off (LEDBAT++).</summary>
    private const double MaxDecrease = 0.5;

    /// <summary>Round-trip times of a slowdown (LEDBAT++): one empties the queue, one measures.</summary>
    private const int SlowdownRounds = 2;

    /// <summary>
    /// Time between slowdowns, in multiples of the time of one including the growth after it. The throughput lost is
    /// less than the reciprocal.
    /// </summary>
    private const int SlowdownInterval = 40;

    /// <summary>Minimum time between slowdowns, in microseconds.</summary>
    private const long MinSlowdownInterval = 10 * UtpTime.Second;

    private readonly int _maximum;
    private double _window, _threshold = double.MaxValue;
    private bool _isSlowStart = true, _isGrowingBack;
    private long _slowdownAt = UtpTime.Never, _slowdownStart, _slowdownEnd;

    /// <param name="maximum">Maximum window in bytes: the size of the send buffer.</param>
    /// <param name="packet">Payload of a full packet in bytes.</param>
    public CongestionWindow(int maximum, int packet)
    {
        _maximum = maximum;
        _window = MinPackets * packet;
    }

    public int Size => (int)_window;

    /// <summary>Handles an acknowledgement.</summary>
    /// <param name="bytes">Number of bytes that were acknowledged first now.</param>
    /// <param name="isFull">Whether the window limited what was sent.</param>
    /// <param name="delay">The queueing delay in microseconds.</param>
    /// <param name="packet">Payload of a full packet in bytes.</param>
    /// <param name="time">The connection's round-trip time.</param>
    /// <param name="now">The current time.</param>
    public void OnAcknowledged(int bytes, bool isFull, uint delay, int packet, RoundTripTime time, long now)
    {
        if (now < _slowdownEnd)
            return;
        double target = Target(packet);
        if (_isSlowStart)
        {
            if (delay > SlowStartEnd * target && !IsSmall(packet))
                EndSlowStart(time, now);
            else if (isFull)
                _window += bytes;
            if (_window >= _threshold)
                EndSlowStart(time, now);
        }
        else
        {
            Follow(bytes, isFull, delay / target, packet);
            if (now >= _slowdownAt && delay > target / 2)
                SlowDown(packet, time, now);
        }

        _window = Math.Clamp(_window, MinPackets * packet, _maximum);
    }

    /// <summary>Halves the window after a loss. The caller calls it once per round-trip time.</summary>
    public void OnLoss(int packet, RoundTripTime time, long now)
    {
        _window = _threshold = Math.Max(_window / 2, MinPackets * packet);
        if (_isSlowStart)
            EndSlowStart(time, now);
    }

    /// <summary>Starts again with the minimum window after a time-out.</summary>
    public void OnTimeout(int packet)
    {
        _threshold = Math.Max(_window / 2, MinPackets * packet);
        _window = MinPackets * packet;
        _isSlowStart = true;
        _slowdownEnd = 0;
    }

    /// <summary>Starts again after a time in which nothing was sent: the window says nothing of the path now.</summary>
    public void OnIdle(int packet)
    {
        _threshold = Math.Max(_window, MinPackets * packet);
        _window = Math.Min(_window, 2 * MinPackets * packet);
        _isSlowStart = true;
    }

    private bool IsSmall(int packet) => _window < 2 * MinPackets * packet;

    private double Target(int packet)
    {
        double packets = _window / packet;
        return TargetDelay * (FixedTarget + ((1 - FixedTarget) / (1 + (packets / HalfTargetPackets))));
    }

    private void Follow(int bytes, bool isFull, double delayOfTarget, int packet)
    {
        double change = isFull ? (double)packet * bytes / _window : 0;
        if (delayOfTarget > 1)
            change -= bytes * Math.Min(delayOfTarget - 1, MaxDecrease);
        _window += change;
    }

    private void EndSlowStart(RoundTripTime time, long now)
    {
        _isSlowStart = false;

        // The first slowdown follows soon: slow start may have measured the queue of another connection.
        if (_slowdownAt == UtpTime.Never)
            _slowdownAt = now + (SlowdownRounds * time.Smoothed);
        else if (_isGrowingBack)
            _slowdownAt = now + Math.Max(MinSlowdownInterval, (now - _slowdownStart) * SlowdownInterval);
        _isGrowingBack = false;
    }

    private void SlowDown(int packet, RoundTripTime time, long now)
    {
        _threshold = _window;
        _window = MinPackets * packet;
        _slowdownStart = now;
        _slowdownEnd = now + (SlowdownRounds * time.Smoothed);
        _isSlowStart = _isGrowingBack = true;
    }
}
