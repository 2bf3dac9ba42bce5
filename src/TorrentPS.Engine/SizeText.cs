using System.Globalization;

namespace TorrentPS.Engine;

/// <summary>Formats sizes in English, whatever the user's culture is.</summary>
public static class SizeText
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>
    /// Returns a size with three significant digits and a binary unit, such as <c>1.46 GiB</c>. Below 1 KiB, the unit
    /// is bytes.
    /// </summary>
    /// <param name="bytes">The size in bytes.</param>
    public static string Format(long bytes)
    {
        double value = Math.Abs((double)bytes);
        int unit = 0;

        // 999.5 would be rounded to 1000, which has four digits. The next unit is used instead.
        while (value >= 999.5 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string digits = unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        string sign = bytes < 0 ? "-" : "";
        return $"{sign}{value.ToString(digits, CultureInfo.InvariantCulture)} {s_units[unit]}";
    }
}
