using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>Finds the running torrents that a cmdlet's user names; where there is none, and one was meant, the cmdlet writes an error.</summary>
internal static class RunningTorrentSearch
{
    /// <summary>By name, with wildcards; looked up, and errors written, as the result is gone through.</summary>
    public static IEnumerable<Torrent> FindByName(this Cmdlet cmdlet, IEnumerable<string> names) =>
        names.SelectMany(name => Found(cmdlet, "name", name, RunningTorrents.ByName(name)));

    /// <summary>By v1 or v2 info hash in hex; looked up, and errors written, as the result is gone through.</summary>
    public static IEnumerable<Torrent> FindByInfoHash(this Cmdlet cmdlet, IEnumerable<string> hashes) =>
        hashes.SelectMany(hash => Found(cmdlet, "info hash", hash, RunningTorrents.ByInfoHash(hash)));

    private static IReadOnlyList<Torrent> Found(Cmdlet cmdlet, string what, string value, IReadOnlyList<Torrent> found)
    {
        if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(value))
            cmdlet.WriteError(ErrorRecords.NotRunning(what, value));
        return found;
    }
}
