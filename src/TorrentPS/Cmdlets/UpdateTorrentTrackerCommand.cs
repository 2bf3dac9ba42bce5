using System.Globalization;
using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>Update-TorrentTracker: announces running torrents to their trackers at once.</summary>
[Cmdlet(VerbsData.Update, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentTrackerStatus))]
public sealed class UpdateTorrentTrackerCommand : PipedTorrentCmdlet
{
    /// <summary>Announces even if the tracker's minimum interval has not passed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the trackers of each torrent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override bool SelectsAllByDefault => false;

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        string name = torrent.Status.Name;
        if (!ShouldProcess(name, "Announce to the trackers"))
            return;
        if (torrent.AnnounceNow(Force) is not { } time)
        {
            WriteError(ErrorRecords.NotAnnounced(name, torrent.Trackers.Count == 0));
            return;
        }

        TimeSpan wait = time - DateTimeOffset.Now;
        if (wait >= TimeSpan.FromSeconds(1))
        {
            WriteWarning(string.Create(
                CultureInfo.InvariantCulture,
                $"'{name}' is announced in {wait.TotalSeconds:0} s, when its tracker allows it. -Force announces now."));
        }

        if (PassThru)
            WriteObject(TorrentTrackerStatus.Of(torrent, torrent.Trackers), enumerateCollection: true);
    }
}
