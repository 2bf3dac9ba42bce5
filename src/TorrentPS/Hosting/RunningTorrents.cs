using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Jobs;

namespace TorrentPS.Hosting;

/// <summary>Finds running torrents the ways a user names them.</summary>
internal static class RunningTorrents
{
    public static IReadOnlyList<Torrent> All => SessionHost.Current.Torrents;

    /// <summary>By name, with wildcards; also where the name itself holds what looks like one.</summary>
    public static IReadOnlyList<Torrent> ByName(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return [.. All.Where(torrent => Names(torrent.Status.Name))];

        bool Names(string candidate) => pattern.IsMatch(candidate) || candidate.Equals(name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>By v1 or v2 info hash in hex.</summary>
    public static IReadOnlyList<Torrent> ByInfoHash(string infoHash) =>
    [
        .. All.Where(torrent => Is(torrent.Status.InfoHash?.ToString(), infoHash) || Is(torrent.Status.InfoHashV2?.ToString(), infoHash)),
    ];

    /// <summary>By job; jobs of other kinds have none, so that <c>Get-Job | …</c> works whatever else runs.</summary>
    public static IReadOnlyList<Torrent> ByJobs(IEnumerable<Job> jobs) =>
        [.. jobs.OfType<TorrentJob>().Select(job => job.Torrent).Where(torrent => !torrent.Status.HasEnded)];

    private static bool Is(string? hash, string wanted) => string.Equals(hash, wanted, StringComparison.OrdinalIgnoreCase);
}
