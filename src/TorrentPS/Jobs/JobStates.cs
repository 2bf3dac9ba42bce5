using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace TorrentPS.Jobs;

/// <summary>
/// Sets a job's state with a reason. PowerShell's protected method for this is not in the reference assembly that the
/// module is compiled with.
/// </summary>
internal static class JobStates
{
    public static void Set(Job2 job, JobState state, Exception? reason) => SetJobState(job, state, reason);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void SetJobState(Job2 job, JobState state, Exception? reason);
}
