using System.Management.Automation;
using TorrentPS.Hosting;

namespace TorrentPS;

/// <summary>
/// Keeps torrents running when the module is removed or imported again. They belong to the process, because other
/// runspaces and jobs can use them.
/// </summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <summary>
    /// Closes the sessions that have no running torrent and that no cmdlet uses. Waits at most five seconds.
    /// </summary>
    public void OnRemove(PSModuleInfo psModuleInfo) =>
        SessionHost.Current.CloseUnusedAsync().Wait(TimeSpan.FromSeconds(5));
}
