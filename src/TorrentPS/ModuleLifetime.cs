using System.Management.Automation;
using TorrentPS.Hosting;

namespace TorrentPS;

/// <summary>Stops all torrents when the module is removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <summary>Stops all torrents and closes all sessions. Waits some seconds at most for the trackers.</summary>
    public void OnRemove(PSModuleInfo psModuleInfo) => SessionHost.Current.CloseAsync().Wait(TimeSpan.FromSeconds(5));
}
