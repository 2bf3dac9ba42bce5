using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace TorrentPS.Jobs;

/// <summary>
/// Sets a job's state together with its reason. PowerShell gives derived jobs a protected method for that, which the reference
/// assembly this module is compiled against does not list.
/// </summary>
internal static class JobStates
{
    public static void Set(Job2 job, JobState state, Exception? reason) => SetJobState(job, state, reason);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void SetJobState(Job2 job, JobState state, Exception? reason);
}
