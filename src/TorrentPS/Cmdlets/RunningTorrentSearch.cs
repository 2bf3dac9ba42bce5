using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Hosting;

namespace TorrentPS.Cmdlets;

/// <summary>
/// Finds running torrents for a cmdlet. Writes an error for a name without wildcards, or an info hash, that matches no
/// torrent.
/// </summary>
internal static class RunningTorrentSearch
{
    /// <summary>
    /// Finds torrents by name, with wildcards. The method searches, and writes errors, only while the result is
    /// enumerated.
    /// </summary>
    public static IEnumerable<Torrent> FindByName(this Cmdlet cmdlet, IEnumerable<string> names) =>
        names.SelectMany(name => Found(cmdlet, "name", name, RunningTorrents.ByName(name)));

    /// <summary>
    /// Finds torrents by v1 or v2 info hash in hexadecimal. The method searches, and writes errors, only while the
    /// result is enumerated.
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
