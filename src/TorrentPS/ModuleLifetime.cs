using System.Management.Automation;
using TorrentPS.Hosting;

namespace TorrentPS;

/// <summary>Stops all torrents when the module is removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <summary>
    /// Stops all torrents, announces <c>stopped</c> to their trackers, and closes all sockets. Waits at most five
    /// seconds.
    /// </summary>
    public void OnRemove(PSModuleInfo psModuleInfo) => SessionHost.Current.CloseAsync().Wait(TimeSpan.FromSeconds(5));
}
