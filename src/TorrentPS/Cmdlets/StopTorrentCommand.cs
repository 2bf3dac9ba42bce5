using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>Stop-Torrent: stops running torrents. Verified pieces stay on disk.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentResult))]
public sealed class StopTorrentCommand : PipedTorrentCmdlet
{
    private readonly List<Torrent> _stopped = [];

    /// <summary>Writes the result of each stopped torrent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (Torrent torrent in _stopped)
        {
            Await(torrent.Completion);
            if (PassThru)
                WriteObject(new TorrentResult(torrent));
        }
    }

    /// <inheritdoc/>
    private protected override bool SelectsAllByDefault => false;

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        // The cmdlet waits in EndProcessing, so that the torrents stop at the same time.
        if (!ShouldProcess(torrent.Status.Name))
            return;
        _ = torrent.StopAsync();
        _stopped.Add(torrent);
    }
}
