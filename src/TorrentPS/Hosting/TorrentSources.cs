using System.Runtime.CompilerServices;
using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>
/// Keeps the path, URL or magnet link from which each torrent was started. The torrent's result contains it.
/// </summary>
internal static class TorrentSources
{
    private static readonly ConditionalWeakTable<Torrent, string> s_sources = [];

    public static void Set(Torrent torrent, string source) => s_sources.AddOrUpdate(torrent, source);

    public static string? Of(Torrent torrent) => s_sources.TryGetValue(torrent, out string? source) ? source : null;
}
