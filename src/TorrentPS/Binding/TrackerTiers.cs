using System.Collections;
using System.Management.Automation;

namespace TorrentPS.Binding;

/// <summary>Reads trackers as PowerShell users write them: a list is tiers, and a list inside it is the trackers of one tier.</summary>
internal static class TrackerTiers
{
    /// <summary><c>'a','b'</c> gives two tiers of one; <c>('a','b'),'c'</c> a tier of two and a tier of one.</summary>
    /// <exception cref="FormatException">An element is no absolute http, https or udp address.</exception>
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
                $"'{url}' is not a tracker: write an address such as https://tracker.example/announce or udp://tracker.example:6969.");

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
