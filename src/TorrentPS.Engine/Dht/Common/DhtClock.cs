namespace TorrentPS.Engine.Dht.Common;

/// <summary>Measures milliseconds since the DHT node was created.</summary>
internal sealed class DhtClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>One second in milliseconds.</summary>
    public const long Second = 1000;

    /// <summary>One minute in milliseconds.</summary>
    public const long Minute = 60 * Second;

    /// <summary>Gets the milliseconds since the node was created.</summary>
    public long Now => (long)time.GetElapsedTime(_start).TotalMilliseconds;
}
