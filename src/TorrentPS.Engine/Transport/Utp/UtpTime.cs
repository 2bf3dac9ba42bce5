namespace TorrentPS.Engine.Transport.Utp;

/// <summary>Units of uTP's times. A time is a number of microseconds since an arbitrary moment.</summary>
internal static class UtpTime
{
    public const long Millisecond = 1000;

    public const long Second = 1000 * Millisecond;

    /// <summary>A time that is never reached.</summary>
    public const long Never = long.MaxValue;
}
