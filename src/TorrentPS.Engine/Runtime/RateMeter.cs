namespace TorrentPS.Engine.Runtime;

/// <summary>A moving average in bytes/s from a counter that only grows, sampled at whatever times the owner likes.</summary>
/// <param name="smoothingSeconds">The time constant: an old rate has faded to a third after this long.</param>
internal struct RateMeter(double smoothingSeconds)
{
    /// <summary>What shows a rate as people expect it: quick, and steady enough to be read.</summary>
    public const double Shown = 3;

    private long _lastTotal;
    private double _rate;
    private double _age;

    /// <summary>Bytes/s.</summary>
    public readonly long Rate => (long)_rate;

    /// <summary>Takes the counter's value <paramref name="elapsed"/> after the last sample.</summary>
    public void Sample(long total, TimeSpan elapsed)
    {
        double seconds = elapsed.TotalSeconds;
        if (seconds <= 0)
            return;
        double current = (total - _lastTotal) / seconds;
        _lastTotal = total;

        // A young average weighs all its samples alike, so that the first seconds show the true rate and not a slow climb.
        _age += seconds;
        double weight = Math.Max(1 - Math.Exp(-seconds / smoothingSeconds), seconds / _age);
        _rate += (current - _rate) * weight;
        if (_rate < 1)
            _rate = 0;
    }
}
