using System.Globalization;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Rendering;

/// <summary>Formats sizes, durations and counts in English, whatever the user's culture is.</summary>
internal static class HumanText
{
    public static string Size(long bytes) => SizeText.Format(bytes);

    public static string Rate(long bytesPerSecond) => $"{Size(bytesPerSecond)}/s";

    public static string Percent(double percent) =>
        // Below 100 % the result must not be rounded up to 100 %.
        string.Create(CultureInfo.InvariantCulture, $"{(percent >= 100 ? 100 : Math.Min(percent, 99.9)):0.0} %");

    /// <summary>
    /// Returns a duration of less than ten seconds as seconds with one decimal, and a longer one as h:mm:ss.
    /// </summary>
    public static string Time(TimeSpan time)
    {
        if (time < TimeSpan.FromSeconds(10))
            return string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
        return string.Create(
            CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");
    }

    public static string Count(int count, string noun) => string.Create(
        CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
