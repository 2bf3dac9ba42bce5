namespace TorrentPS.Engine.Policy.Requests;

/// <summary>
/// Computes how long to wait for a requested block before the request times out. The timeout depends on the waits for
/// the peer's earlier blocks.
/// </summary>
/// <remarks>
/// The timeout is the smoothed mean of the waits plus four times their smoothed mean deviation, like TCP's
/// retransmission timeout (RFC 6298, section 2). Difference from TCP: the timeout exceeds the mean by at least
/// <see cref="Margin"/>. With a full request queue, the waits are long and nearly constant. The deviation alone would
/// then be too small when the link slows down. Whenever requests time out, the timeout is doubled. The next received
/// block undoes the doubling.
/// </remarks>
internal sealed class RequestTimeout
{
    /// <summary>
    /// Minimum difference between the timeout and the mean waiting time for a block. A peer may pause for a second or
    /// two without a timeout.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>Maximum timeout. It limits how long a single slow peer can delay the end of a download.</summary>
    public static readonly TimeSpan Cap = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Timeout until the peer has sent its first block. The peer may have to read from disk and to send over a slow
    /// link.
    /// </summary>
    public static readonly TimeSpan Initial = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Weight of the latest measurement in the moving average of the waiting times for blocks (alpha in RFC 6298).
    /// </summary>
    private const double MeanGain = 1.0 / 8;

    /// <summary>
    /// Weight of the latest measurement in the moving average of the deviations from the mean waiting time (beta in RFC
    /// 6298).
    /// </summary>
    private const double DeviationGain = 1.0 / 4;

    /// <summary>
    /// Maximum number of consecutive doublings of the timeout, which prevents an overflow. Five doublings of
    /// <see cref="Margin"/> already exceed <see cref="Cap"/>.
    /// </summary>
    private const int MaxDoublings = 5;

    private double _mean;
    private double _deviation;
    private bool _measured;
    private int _doublings;

    public TimeSpan Value
    {
        get
        {
            double seconds = _measured ? _mean + Math.Max(4 * _deviation, Margin.TotalSeconds) : Initial.TotalSeconds;
            return TimeSpan.FromSeconds(Math.Min(seconds * (1 << _doublings), Cap.TotalSeconds));
        }
    }

    /// <summary>Updates the timeout when a block is received.</summary>
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

    public void OnTimeout() => _doublings = Math.Min(_doublings + 1, MaxDoublings);
}
