using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace TorrentPS.Jobs;

/// <summary>
/// Sets the state of a job and the reason for it. PowerShell's job class has a method for this, which the reference
/// assembly of PowerShell does not contain.
/// </summary>
internal static class JobStates
{
    public static void Set(Job2 job, JobState state, Exception? reason) => SetJobState(job, state, reason);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void SetJobState(Job2 job, JobState state, Exception? reason);
}
