namespace TorrentPS.Engine.Runtime;

/// <summary>
/// Measures the rate of a growing counter as a moving average, in bytes/s. Samples may be taken at any intervals.
/// </summary>
/// <param name="smoothingSeconds">
/// Time constant of the average, in seconds. The weight of a sample falls to 37 % in this time.
/// </param>
internal struct RateMeter(double smoothingSeconds)
{
    /// <summary>
    /// Time constant for displayed rates, in seconds. With this value, a rate follows changes quickly but is steady
    /// enough to read.
    /// </summary>
    public const double DisplaySmoothing = 3;

    private long _lastTotal;
    private double _rate;
    private double _age;

    public readonly long Rate => (long)_rate;

    /// <summary>Adds a sample.</summary>
    /// <param name="total">The current value of the counter, in bytes.</param>
    /// <param name="elapsed">The time since the previous sample.</param>
    public void Sample(long total, TimeSpan elapsed)
    {
        double seconds = elapsed.TotalSeconds;
        if (seconds <= 0)
            return;
        double current = (total - _lastTotal) / seconds;
        _lastTotal = total;

        // While the meter is younger than the time constant, all its samples weigh alike. The first seconds then show
        // the true rate, not a slow rise from zero.
        _age += seconds;
        double weight = Math.Max(1 - Math.Exp(-seconds / smoothingSeconds), seconds / _age);
        _rate += (current - _rate) * weight;
        if (_rate < 1)
            _rate = 0;
    }
}
