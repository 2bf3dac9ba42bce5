namespace TorrentPS.Simulation.Links;

/// <summary>What a machine receives with: one block after the other.</summary>
internal sealed class Downlink(double rate)
{
    private long _freeAt;

    /// <summary>Payload bytes received.</summary>
    public long Received { get; private set; }

    /// <summary>Takes a block that reaches the machine at a time, in ticks.</summary>
    /// <returns>When it is received whole.</returns>
    public long Take(long arrival, int bytes)
    {
        _freeAt = Math.Max(_freeAt, arrival) + Timeline.Ticks(bytes / rate);
        Received += bytes;
        return _freeAt;
    }
}
