using System.Runtime.CompilerServices;

namespace TorrentPS.Cli.Tests;

/// <summary>
/// Sets a temporary state folder for the tests, so that they neither read nor change the state of the user, such as
/// saved DHT nodes.
/// </summary>
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
