using System.Management.Automation;

namespace TorrentPS.Cmdlets;

/// <summary>Resume-Job: resumes suspended jobs.</summary>
[Cmdlet(VerbsLifecycle.Resume, "Job", DefaultParameterSetName = "Job", SupportsShouldProcess = true)]
[OutputType(typeof(Job2))]
public sealed class ResumeJobCommand : JobCmdlet
{
    /// <inheritdoc/>
    private protected override void Change(Job2 job) => job.ResumeJob();
}
