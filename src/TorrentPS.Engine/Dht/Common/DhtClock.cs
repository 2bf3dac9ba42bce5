namespace TorrentPS.Engine.Dht.Common;

/// <summary>The clock of a DHT node, in milliseconds since the node was created.</summary>
internal sealed class DhtClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>One second in milliseconds.</summary>
    public const long Second = 1000;

    /// <summary>One minute in milliseconds.</summary>
    public const long Minute = 60 * Second;

    public long Now => (long)time.GetElapsedTime(_start).TotalMilliseconds;
}
