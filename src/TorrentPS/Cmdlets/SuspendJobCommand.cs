using System.Management.Automation;

namespace TorrentPS.Cmdlets;

/// <summary>Suspend-Job: suspends jobs. A suspended torrent job's torrent is paused.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "Job", DefaultParameterSetName = "Job", SupportsShouldProcess = true)]
[OutputType(typeof(Job2))]
public sealed class SuspendJobCommand : JobCmdlet
{
    /// <inheritdoc/>
    private protected override void Tell(Job2 job) => job.SuspendJob();
}
