using System.Runtime.CompilerServices;

namespace TorrentPS.Cli.Tests;

/// <summary>What the tool learns in tests stays apart from what the user's learned, and a DHT that is empty does not begin with saved nodes.</summary>
internal static class StateFolder
{
    [ModuleInitializer]
    internal static void Set()
    {
        string folder = Directory.CreateTempSubdirectory("torrentps-state-").FullName;
        Environment.SetEnvironmentVariable("TORRENTPS_STATE", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
