using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace TorrentPS.Jobs;

/// <summary>
/// Sets the state of a job and the reason for the state. PowerShell's job class has the method SetJobState for this. It
/// is called through an accessor, because PowerShell's reference assembly does not contain the method.
/// </summary>
internal static class JobStates
{
    public static void Set(Job2 job, JobState state, Exception? reason) => SetJobState(job, state, reason);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void SetJobState(Job2 job, JobState state, Exception? reason);
}
