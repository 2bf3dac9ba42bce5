using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Finds running torrents for a cmdlet. Writes an error for each info hash, and for each name without wildcards, that
/// matches no running torrent.
/// </summary>
internal static class RunningTorrentSearch
{
    /// <summary>
    /// Returns the running torrents with these names, which may contain wildcards. The method searches and writes
    /// errors only while the caller enumerates the result.
    /// </summary>
    public static IEnumerable<Torrent> FindByName(this Cmdlet cmdlet, IEnumerable<string> names) =>
        names.SelectMany(name => RequireFound(cmdlet, "name", name, RunningTorrents.ByName(name)));

    /// <summary>
    /// Returns the running torrents with these v1 or v2 info hashes in hexadecimal. The method searches and writes
    /// errors only while the caller enumerates the result.
    /// </summary>
    public static IEnumerable<Torrent> FindByInfoHash(this Cmdlet cmdlet, IEnumerable<string> hashes) =>
        hashes.SelectMany(hash => RequireFound(cmdlet, "info hash", hash, RunningTorrents.ByInfoHash(hash)));

    private static IReadOnlyList<Torrent> RequireFound(
        Cmdlet cmdlet, string property, string value, IReadOnlyList<Torrent> found)
    {
        if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(value))
            cmdlet.WriteError(ErrorRecords.NotRunning(property, value));
        return found;
    }
}
