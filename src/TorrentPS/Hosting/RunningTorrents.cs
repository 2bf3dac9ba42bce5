using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Jobs;

namespace TorrentPS.Hosting;

internal static class RunningTorrents
{
    public static IReadOnlyList<Torrent> All => SessionHost.Current.Torrents;

    /// <summary>
    /// Returns the running torrents whose names match <paramref name="name"/> as a wildcard pattern, or are equal to
    /// it. The comparison for equality finds torrents whose names contain wildcard characters, such as brackets.
    /// </summary>
    public static IReadOnlyList<Torrent> ByName(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return [.. All.Where(torrent => IsMatch(torrent.Status.Name))];

        bool IsMatch(string candidate) =>
            pattern.IsMatch(candidate) || candidate.Equals(name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Returns the running torrents with this v1 or v2 info hash in hexadecimal.</summary>
    public static IReadOnlyList<Torrent> ByInfoHash(string infoHash) =>
    [
        .. All.Where(torrent =>
            IsSame(torrent.Status.InfoHash?.ToString(), infoHash)
            || IsSame(torrent.Status.InfoHashV2?.ToString(), infoHash)),
    ];

    /// <summary>
    /// Returns the torrents of torrent jobs, running or ended. Jobs of other types are ignored, and also jobs whose
    /// torrent could not be started.
    /// </summary>
    public static IReadOnlyList<Torrent> AllOfJobs(IEnumerable<Job> jobs) =>
        [.. jobs.OfType<StartedTorrentJob>().Select(job => job.Torrent)];

    /// <summary>
    /// Returns the running torrents of torrent jobs. Jobs of other types are ignored, so that the output of Get-Job can
    /// be used.
    /// </summary>
    public static IReadOnlyList<Torrent> ByJobs(IEnumerable<Job> jobs) =>
        [.. AllOfJobs(jobs).Where(torrent => !torrent.Status.HasEnded)];

    private static bool IsSame(string? hash, string other) =>
        string.Equals(hash, other, StringComparison.OrdinalIgnoreCase);
}
