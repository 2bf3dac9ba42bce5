using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Jobs;

namespace TorrentPS.Hosting;

/// <summary>Finds running torrents by name, info hash or job.</summary>
internal static class RunningTorrents
{
    public static IReadOnlyList<Torrent> All => SessionHost.Current.Torrents;

    /// <summary>
    /// Finds torrents by name, with wildcards. A torrent is also found by its exact name, even if the name contains
    /// wildcard characters such as brackets.
    /// </summary>
    public static IReadOnlyList<Torrent> ByName(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return [.. All.Where(torrent => Names(torrent.Status.Name))];

        bool Names(string candidate) =>
            pattern.IsMatch(candidate) || candidate.Equals(name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Finds torrents by v1 or v2 info hash in hexadecimal.</summary>
    public static IReadOnlyList<Torrent> ByInfoHash(string infoHash) =>
    [
        .. All.Where(torrent =>
            Is(torrent.Status.InfoHash?.ToString(), infoHash) || Is(torrent.Status.InfoHashV2?.ToString(), infoHash)),
    ];

    /// <summary>
    /// Returns the running torrents of torrent jobs. Jobs of other types are ignored, so that <c>Get-Job | …</c> works.
    /// </summary>
    public static IReadOnlyList<Torrent> ByJobs(IEnumerable<Job> jobs) =>
        [.. jobs.OfType<TorrentJob>().Select(job => job.Torrent).Where(torrent => !torrent.Status.HasEnded)];

    private static bool Is(string? hash, string wanted) =>
        string.Equals(hash, wanted, StringComparison.OrdinalIgnoreCase);
}
