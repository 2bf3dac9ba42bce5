using System.Globalization;

namespace TorrentPS;

/// <summary>Formats sizes, rates and times for the module's table and list views.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Formats a size with three significant digits, such as <c>1.46 GiB</c>.</summary>
    /// <param name="bytes">The size in bytes.</param>
    public static string Format(long bytes)
    {
        double value = Math.Abs((double)bytes);
        int unit = 0;
        // 999.5 would be rounded to 1000, which has four digits. The next unit is used instead.
        while (value >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string digits = (unit, value) switch
        {
            (0, _) => "0",
            (_, < 9.995) => "0.00",
            (_, < 99.95) => "0.0",
            _ => "0",
        };
        string sign = bytes < 0 ? "-" : "";
        return $"{sign}{value.ToString(digits, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

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
