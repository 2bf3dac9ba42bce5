using System.Globalization;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>Formats sizes, rates and times for the module's table and list views.</summary>
public static class ByteSize
{
    /// <summary>Formats a size with three significant digits, such as <c>1.46 GiB</c>.</summary>
    /// <param name="bytes">The size in bytes.</param>
    public static string Format(long bytes) => SizeText.Format(bytes);

    /// <summary>
    /// Formats a rate, such as <c>3.20 MiB/s</c>. Zero gives an empty string, which keeps tables readable.
    /// </summary>
    /// <param name="bytesPerSecond">The rate in bytes/s.</param>
    public static string FormatRate(long bytesPerSecond) => bytesPerSecond == 0 ? "" : $"{Format(bytesPerSecond)}/s";

    /// <summary>
    /// Formats a time in its two largest units, such as <c>2h 05m</c>. Below one minute, returns seconds such as
    /// <c>7.5s</c>. Null gives an empty string.
    /// </summary>
    /// <param name="span">The time; null if it is unknown.</param>
    public static string FormatTime(TimeSpan? span) => span switch
    {
        null => "",
        { TotalDays: >= 1 } t => $"{(long)t.TotalDays}d {t.Hours:00}h",
        { TotalHours: >= 1 } t => $"{t.Hours}h {t.Minutes:00}m",
        { TotalMinutes: >= 1 } t => $"{t.Minutes}m {t.Seconds:00}s",
        { } t => $"{t.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)}s",
    };
}
