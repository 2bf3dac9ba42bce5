namespace TorrentPS.Engine.Dht.Common;

/// <summary>Milliseconds since the node began.</summary>
internal sealed class DhtClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public const long Second = 1000;

    public const long Minute = 60 * Second;

    public long Now => (long)time.GetElapsedTime(_start).TotalMilliseconds;
}
