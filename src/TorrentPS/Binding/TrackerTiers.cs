using System.Collections;
using System.Management.Automation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Binding;

/// <summary>Parses the value of -Tracker. Each element is a tier (BEP 12): a URL, or a list of several URLs.</summary>
internal static class TrackerTiers
{
    /// <summary>
    /// Returns the URLs of each tier. For example, <c>'a','b'</c> are two tiers with one tracker each;
    /// <c>('a','b'),'c'</c> are a tier with two trackers and a tier with one.
    /// </summary>
    /// <exception cref="FormatException">An element is not an absolute http, https or udp URL.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Parse(IEnumerable<object?> values) => [.. values.Select(Tier)];

    private static string[] Tier(object? value) => Unwrap(value) switch
    {
        string url => [RequireUrl(url)],
        TorrentTracker tracker => [RequireUrl(tracker.Url)],
        IEnumerable several => [.. several.Cast<object?>().SelectMany(Tier)],
        var other => [RequireUrl(other?.ToString() ?? "")],
    };

    private static string RequireUrl(string url) =>
        !Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https" or "udp")
            ? throw new FormatException(
                $"'{DisplayUrl.OfTracker(url)}' is not a tracker URL. "
                + "Examples: https://tracker.example/announce, udp://tracker.example:6969.")
            : url.Contains(DisplayUrl.Mask, StringComparison.Ordinal)
            ? throw new FormatException($"'{url}' was copied from a display that hides passkeys. Use the property Url.")
            : url;

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
