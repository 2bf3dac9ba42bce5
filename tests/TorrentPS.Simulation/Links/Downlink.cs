namespace TorrentPS.Simulation.Links;

/// <summary>The receiving side of a machine's connection, which receives blocks one after another.</summary>
internal sealed class Downlink(double rate)
{
    private long _freeAt;

    /// <summary>Number of payload bytes received.</summary>
    public long Received { get; private set; }

    /// <summary>Receives a block that reaches the machine at a time in ticks.</summary>
    /// <returns>The time at which it is received completely.</returns>
    public long Take(long arrival, int bytes)
    {
        _freeAt = Math.Max(_freeAt, arrival) + Timeline.Ticks(bytes / rate);
        Received += bytes;
        return _freeAt;
    }
}
