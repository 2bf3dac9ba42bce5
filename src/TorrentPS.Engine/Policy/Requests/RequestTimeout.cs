namespace TorrentPS.Engine.Policy.Requests;

/// <summary>
/// Computes how long to wait for a block before its request times out, from how long the peer's blocks took.
/// </summary>
/// <remarks>
/// The timeout is the smoothed mean wait plus four times its smoothed mean deviation, like TCP's retransmission
/// timeout (RFC 6298, section 2). Difference from TCP: the timeout is at least <see cref="Margin"/> above the mean.
/// With a full request queue the waits are long and nearly constant, so the deviation alone would be too small when
/// the link slows down. Each timeout doubles the value until the next block.
/// </remarks>
internal sealed class RequestTimeout
{
    /// <summary>
    /// Minimum time by which the timeout exceeds the mean wait. A pause of a second or two isn't a failure.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Maximum timeout. With a longer timeout, a single slow peer could delay the end of a download for longer.
    /// </summary>
    public static readonly TimeSpan Cap = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Timeout before the peer has sent a block. The peer may have to read from disk first and send over a slow link.
    /// </summary>
    public static readonly TimeSpan Initial = TimeSpan.FromSeconds(20);

    /// <summary>Weight of a new sample in the mean wait (RFC 6298).</summary>
    private const double MeanGain = 1.0 / 8;

    /// <summary>Weight of a new sample in the mean deviation (RFC 6298).</summary>
    private const double DeviationGain = 1.0 / 4;

    /// <summary>
    /// Maximum number of doublings in a row. It prevents an overflow: five doublings of <see cref="Margin"/> exceed
    /// <see cref="Cap"/> already.
    /// </summary>
    private const int MaxDoublings = 5;

    private double _mean;
    private double _deviation;
    private bool _measured;
    private int _doublings;

    /// <summary>The current timeout.</summary>
    public TimeSpan Value
    {
        get
        {
            double seconds = _measured ? _mean + Math.Max(4 * _deviation, Margin.TotalSeconds) : Initial.TotalSeconds;
            return TimeSpan.FromSeconds(Math.Min(seconds * (1 << _doublings), Cap.TotalSeconds));
        }
    }

    /// <summary>Updates the timeout with a received block.</summary>
    /// <param name="wait">The time since the block was requested.</param>
    public void OnBlock(TimeSpan wait)
    {
        // Longer waits have timed out already. A negative wait comes from a clock that was set back.
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

    /// <summary>Doubles the timeout after a request timed out.</summary>
    public void OnTimeout() => _doublings = Math.Min(_doublings + 1, MaxDoublings);
}
