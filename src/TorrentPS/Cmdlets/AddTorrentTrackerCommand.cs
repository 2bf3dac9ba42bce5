using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cmdlets;

/// <summary>Add-TorrentTracker: adds trackers to running torrents, until these end.</summary>
[Cmdlet(VerbsCommon.Add, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentTrackerStatus))]
public sealed class AddTorrentTrackerCommand : PipedTorrentCmdlet
{
    /// <summary>Announce URLs to add: http, https or udp.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public Uri[] Url { get; set; } = [];

    /// <summary>The tier of the trackers, from 0. Without it, each gets a new tier after the last one.</summary>
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
