using System.Globalization;

namespace TorrentPS.Engine;

/// <summary>
/// Formats time spans, and parses those that users write, such as <c>90</c>, <c>90s</c>, <c>30m</c>, <c>2h</c>,
/// <c>1d</c> or <c>01:30:00</c>.
/// </summary>
public static class DurationText
{
    /// <summary>
    /// Returns a time span below two minutes as seconds with at most two decimals, such as <c>3.25 s</c>. Returns a
    /// longer one in whole seconds as <c>01:30:00</c>, or with days as <c>2.01:30:00</c>.
    /// </summary>
    internal static string Format(TimeSpan time) =>
        time < TimeSpan.FromMinutes(2)
            ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s")
            : TimeSpan.FromSeconds(Math.Round(time.TotalSeconds)).ToString("c", CultureInfo.InvariantCulture);

    /// <summary>Parses a time span above zero. A number without a unit is in seconds.</summary>
    /// <param name="text">The text. The decimal separator is a point.</param>
    /// <param name="duration">The time span; zero if the text is not valid.</param>
    /// <returns>Whether the text is valid.</returns>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text))
            return false;
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration) && duration > TimeSpan.Zero;
        int unit = char.ToLowerInvariant(text[^1]) switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => 0,
        };
        string digits = unit > 0 ? text[..^1] : text;
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            return false;
        double seconds = number * Math.Max(unit, 1);
        if (!double.IsFinite(seconds) || seconds >= TimeSpan.MaxValue.TotalSeconds)
            return false;
        duration = TimeSpan.FromSeconds(seconds);
        return duration > TimeSpan.Zero;
    }
}
