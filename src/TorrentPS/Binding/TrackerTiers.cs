using System.Collections;
using System.Management.Automation;

namespace TorrentPS.Binding;

/// <summary>Parses the value of -Tracker. Each element is a tier: a URL, or a list of several URLs.</summary>
internal static class TrackerTiers
{
    /// <summary>
    /// Returns the tiers. <c>'a','b'</c> are two tiers with one tracker each; <c>('a','b'),'c'</c> are a tier with two
    /// trackers and a tier with one tracker.
    /// </summary>
    /// <exception cref="FormatException">An element is not an absolute http, https or udp URL.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Parse(IEnumerable<object?> values) => [.. values.Select(Tier)];

    private static string[] Tier(object? value) => Unwrap(value) switch
    {
        string url => [Checked(url)],
        TorrentTracker tracker => [Checked(tracker.Url)],
        IEnumerable several => [.. several.Cast<object?>().SelectMany(Tier)],
        var other => [Checked(other?.ToString() ?? "")],
    };

    private static string Checked(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "udp"
            ? url
            : throw new FormatException(
                $"'{url}' is not a tracker URL. "
                + "Examples: https://tracker.example/announce, udp://tracker.example:6969.");

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
