using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace TorrentPS.Jobs;

/// <summary>
/// Sets a job's state together with a reason. PowerShell has a method for that in the job base class, but it is missing
/// in the reference assembly that this module is compiled against.
/// </summary>
internal static class JobStates
{
    public static void Set(Job2 job, JobState state, Exception? reason) => SetJobState(job, state, reason);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void SetJobState(Job2 job, JobState state, Exception? reason);
}
