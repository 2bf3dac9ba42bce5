namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// The congestion window: the number of bytes that may be sent and not yet acknowledged. It follows LEDBAT (RFC 6817):
/// the window grows until the queueing delay reaches a target.
/// </summary>
/// <remarks>
/// Two additions are from LEDBAT++ (draft-irtf-iccrg-ledbat-plus-plus). Above the target, the window shrinks in
/// proportion to its size. In a slowdown, the window is at its minimum: the queue runs empty, and the base delay is
/// measured again. A larger window has a slightly lower target. This makes the windows of two connections equal within
/// seconds.
/// </remarks>
internal sealed class CongestionWindow
{
    /// <summary>
    /// Target for a small window: the queueing delay in microseconds at which it stops growing. RFC 6817 allows at most
    /// 100 ms.
    /// </summary>
    public const long TargetDelay = 100 * UtpTime.Millisecond;

    /// <summary>
    /// Minimum and initial window in packets. Receivers acknowledge every second packet without delay.
    /// </summary>
    private const int MinPackets = 2;

    /// <summary>
    /// Fraction of the target that doesn't depend on the window. In the simulator, the rates of two connections that
    /// started at different times differed by 9 % with 0.7, and by 6 % with 0.6.
    /// </summary>
    private const double FixedTarget = 0.6;

    /// <summary>
    /// Window in packets at which the other part of the target, which depends on the window, has fallen to half.
    /// </summary>
    private const double HalfTargetPackets = 64;

    /// <summary>Queueing delay at which slow start ends, as a fraction of the target (LEDBAT++).</summary>
    private const double SlowStartEnd = 0.75;

    /// <summary>Maximum decrease of the window per round-trip time, as a fraction of the window (LEDBAT++).</summary>
    private const double MaxDecrease = 0.5;

    /// <summary>
    /// Duration of a slowdown in round-trip times (LEDBAT++). In the first, the queue runs empty. In the second, the
    /// base delay is measured.
    /// </summary>
    private const int SlowdownRounds = 2;

    /// <summary>
    /// Time between slowdowns, as a multiple of the time from the start of a slowdown until the window has its earlier
    /// size again. With 40, slowdowns cost less than 2.5 % of the throughput.
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
    /// <param name="bytes">Number of newly acknowledged bytes.</param>
    /// <param name="isFull">Whether the window was full before the acknowledgement. Only a full window grows.</param>
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

    /// <summary>
    /// Halves the window after a loss. The caller calls this method at most once per round-trip time.
    /// </summary>
    public void OnLoss(int packet, RoundTripTime time, long now)
    {
        _window = _threshold = Math.Max(_window / 2, MinPackets * packet);
        if (_isSlowStart)
            EndSlowStart(time, now);
    }

    /// <summary>Restarts slow start with the minimum window after a time-out.</summary>
    public void OnTimeout(int packet)
    {
        _threshold = Math.Max(_window / 2, MinPackets * packet);
        _window = MinPackets * packet;
        _isSlowStart = true;
        _slowdownEnd = 0;
    }

    /// <summary>
    /// Restarts slow start with a small window after a time in which nothing was sent. The earlier window may be wrong
    /// for the path now.
    /// </summary>
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

        // The first slowdown follows soon, because the base delay may include the queue of another connection.
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
