using System.Management.Automation;
using TorrentPS.Hosting;

namespace TorrentPS;

/// <summary>Removing the module stops every torrent; importing it starts nothing.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <summary>Stops all torrents, tells their trackers (at most some seconds), and closes every socket.</summary>
    public void OnRemove(PSModuleInfo psModuleInfo) => SessionHost.Current.CloseAsync().Wait(TimeSpan.FromSeconds(5));
}
