using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Get-TorrentTracker: writes the trackers of running torrents, torrent files and magnet links, with the counts from a
/// scrape (BEP 48).
/// </summary>
[Cmdlet(VerbsCommon.Get, "TorrentTracker", DefaultParameterSetName = AllSet)]
[OutputType(typeof(TorrentTrackerStatus))]
public sealed class GetTorrentTrackerCommand : TorrentOrFileCmdlet
{
    /// <summary>Sends no scrape: the trackers are written with the data that is already known.</summary>
    [Parameter]
    public SwitchParameter NoScrape { get; set; }

    /// <summary>Maximum time to wait for each tracker's response to the scrape, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int TimeoutSeconds { get; set; } = 10;

    private TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (RunningInputs() is { } torrents)
        {
            WriteTrackers(torrents);
            return;
        }

        foreach (TorrentInfo torrent in Inputs())
            WriteTrackers(torrent);
    }

    private void WriteTrackers(IEnumerable<Torrent> torrents)
    {
        foreach (Torrent torrent in torrents)
        {
            IReadOnlyList<TrackerStatus> trackers =
                NoScrape ? torrent.Trackers : Await(torrent.ScrapeAsync(Timeout, Cancel));
            WriteObject(TorrentTrackerStatus.Of(torrent, trackers), enumerateCollection: true);
        }
    }

    private void WriteTrackers(TorrentInfo torrent)
    {
        IReadOnlyList<IReadOnlyList<string>> tiers =
        [
            .. torrent.Trackers.GroupBy(tracker => tracker.Tier, tracker => tracker.Url).Select(tier => tier.ToArray()),
        ];
        IReadOnlyList<TrackerStatus> trackers = Await(TrackerQuery.ScrapeAsync(
            tiers,
            torrent.Metainfo?.WireHash ?? torrent.Link!.WireHash,
            NoScrape ? TimeSpan.Zero : Timeout,
            SessionHost.Current.Settings.Current,
            Cancel));
        string? infoHash = torrent.InfoHash ?? torrent.InfoHashV2;
        foreach (TrackerStatus tracker in trackers)
            WriteObject(new TorrentTrackerStatus(torrent.Name, infoHash, tracker));
    }
}
