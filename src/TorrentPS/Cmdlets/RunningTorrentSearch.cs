using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Finds running torrents for a cmdlet. When a name without wildcards or an info hash finds none, the cmdlet writes an
/// error.
/// </summary>
internal static class RunningTorrentSearch
{
    /// <summary>
    /// Finds torrents by name, with wildcards. Lookups are made and errors written while the result is enumerated.
    /// </summary>
    public static IEnumerable<Torrent> FindByName(this Cmdlet cmdlet, IEnumerable<string> names) =>
        names.SelectMany(name => Found(cmdlet, "name", name, RunningTorrents.ByName(name)));

    /// <summary>
    /// Finds torrents by v1 or v2 info hash in hexadecimal. Lookups are made and errors written while the result is
    /// enumerated.
    /// </summary>
    public static IEnumerable<Torrent> FindByInfoHash(this Cmdlet cmdlet, IEnumerable<string> hashes) =>
        hashes.SelectMany(hash => Found(cmdlet, "info hash", hash, RunningTorrents.ByInfoHash(hash)));

    private static IReadOnlyList<Torrent> Found(Cmdlet cmdlet, string what, string value, IReadOnlyList<Torrent> found)
    {
        if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(value))
            cmdlet.WriteError(ErrorRecords.NotRunning(what, value));
        return found;
    }
}
