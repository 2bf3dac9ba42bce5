using System.Management.Automation;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;
using TorrentPS.Jobs;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Wait-Torrent: waits until torrents have ended, and writes the result of each torrent as soon as the torrent has
/// ended.
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentResult))]
public sealed class WaitTorrentCommand : PipedTorrentCmdlet
{
    private TorrentWait? _wait;

    /// <summary>Maximum time to wait. Without this parameter, the wait has no limit.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? Timeout { get; set; }

    private TorrentWait Waiting => _wait ??= new TorrentWait(this, stopsAtFault: false, passThru: false, Cancel);

    /// <inheritdoc/>
    protected override void EndProcessing() => Waiting.Run(Timeout);

    /// <inheritdoc/>
    private protected override IEnumerable<Torrent> OfJobs()
    {
        foreach (FailedStartJob failed in Job.OfType<FailedStartJob>())
            Waiting.WriteFailedStart(failed);
        return RunningTorrents.AllOfJobs(Job);
    }

    /// <inheritdoc/>
    private protected override void Process(Torrent torrent)
    {
        Waiting.Add(torrent);
        Waiting.WriteEnded();
    }
}
