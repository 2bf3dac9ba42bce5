using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Add-TorrentTracker: adds trackers to running torrents. In each torrent, the change applies until the torrent ends.
/// </summary>
[Cmdlet(VerbsCommon.Add, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentTrackerStatus))]
public sealed class AddTorrentTrackerCommand : PipedTorrentCmdlet
{
    /// <summary>Announce URLs to add: http, https or udp.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public Uri[] Url { get; set; } = [];

    /// <summary>
    /// Tier of the added trackers; 0 is the first tier. Without this parameter, each tracker gets a new tier after the
    /// last tier of the torrent.
    /// </summary>
    [Parameter]
    [ValidateRange(0, 99)]
    public int? Tier { get; set; }

    /// <summary>Writes the trackers of each torrent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override bool SelectsAllByDefault => false;

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        string name = torrent.Status.Name;
        foreach (Uri url in Url)
        {
            if (!ShouldProcess(name, $"Add the tracker {DisplayUrl.OfTracker(url)}"))
                continue;
            try
            {
                if (!torrent.AddTracker(url, Tier))
                    WriteVerbose($"'{name}' has this tracker already.");
            }
            catch (SessionException e)
            {
                WriteError(ErrorRecords.Session(e, name));
            }
        }

        if (PassThru)
            WriteObject(TorrentTrackerStatus.Of(torrent, torrent.Trackers), enumerateCollection: true);
    }
}
