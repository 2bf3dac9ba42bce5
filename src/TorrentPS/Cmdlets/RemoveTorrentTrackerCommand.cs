using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Remove-TorrentTracker: removes trackers from running torrents. In each torrent, the change applies until the torrent
/// ends.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentTrackerStatus))]
public sealed class RemoveTorrentTrackerCommand : PipedTorrentCmdlet
{
    /// <summary>Announce URLs to remove. Wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Text]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Url { get; set; } = [];

    /// <summary>Writes the remaining trackers of each torrent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override bool SelectsAllByDefault => false;

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        string name = torrent.Status.Name;
        foreach (string url in Url)
        {
            var pattern = WildcardPattern.Get(url, WildcardOptions.IgnoreCase);
            TrackerStatus[] found =
            [
                .. torrent.Trackers.Where(
                    tracker => tracker.Url.OriginalString == url || pattern.IsMatch(tracker.Url.OriginalString)),
            ];
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(url))
                WriteError(ErrorRecords.TrackerNotFound(name));
            foreach (TrackerStatus tracker in found)
            {
                if (ShouldProcess(name, $"Remove the tracker {DisplayUrl.OfTracker(tracker.Url)}"))
                    torrent.RemoveTracker(tracker.Url);
            }
        }

        if (PassThru)
            WriteObject(TorrentTrackerStatus.Of(torrent, torrent.Trackers), enumerateCollection: true);
    }
}
