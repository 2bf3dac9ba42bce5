using System.Management.Automation;

namespace TorrentPS.Cmdlets;

/// <summary>Suspend-Job: suspends running jobs.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "Job", DefaultParameterSetName = "Job", SupportsShouldProcess = true)]
[OutputType(typeof(Job2))]
public sealed class SuspendJobCommand : JobCmdlet
{
    /// <inheritdoc/>
    private protected override void Change(Job2 job) => job.SuspendJob();
}
