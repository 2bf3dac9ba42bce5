using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS.Cmdlets;

/// <summary>Stop-Torrent: stops running torrents. Verified pieces stay on disk.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentResult))]
public sealed class StopTorrentCommand : PipedTorrentCmdlet
{
    private readonly List<(Torrent Torrent, Task Stopping)> _stopped = [];

    /// <summary>Writes the result of each stopped torrent.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach ((Torrent torrent, Task stopping) in _stopped)
        {
            var result = new TorrentResult(Await(ResultAsync(torrent, stopping)));
            if (PassThru)
                WriteObject(result);
        }
    }

    /// <inheritdoc/>
    private protected override bool SelectsAllByDefault => false;

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        // The cmdlet waits in EndProcessing, so that the torrents stop at the same time.
        if (ShouldProcess(torrent.Status.Name))
            _stopped.Add((torrent, torrent.StopAsync()));
    }

    private static async Task<EngineResult> ResultAsync(Torrent torrent, Task stopping)
    {
        await stopping.ConfigureAwait(false);
        return await torrent.Completion.ConfigureAwait(false);
    }
}
