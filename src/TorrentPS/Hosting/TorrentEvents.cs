using TorrentPS.Engine;

namespace TorrentPS.Hosting;

internal static class TorrentEvents
{
    /// <summary>
    /// Number of hexadecimal digits of an info hash in an event. The info hash has 20 bytes; a v2 info hash is
    /// truncated to this length.
    /// </summary>
    private const int HashDigits = 40;

    /// <summary>
    /// Returns the info hashes that the logged events of the torrent can contain: v1, and v2 truncated to 20 bytes.
    /// </summary>
    public static IEnumerable<string> HashesOf(Torrent torrent)
    {
        EngineStatus status = torrent.Status;
        return new[] { status.InfoHash?.ToString(), status.InfoHashV2?.ToString() }.OfType<string>().Select(Truncate);
    }

    /// <summary>
    /// Truncates a v2 info hash in hexadecimal to 20 bytes, as in events. A v1 info hash is returned unchanged.
    /// </summary>
    public static string Truncate(string infoHash) => infoHash.Length > HashDigits ? infoHash[..HashDigits] : infoHash;

    /// <summary>
    /// Returns those events of the event log that concern the torrents and have a number above <paramref name="last"/>.
    /// Then sets <paramref name="last"/> to the number of the latest event.
    /// </summary>
    public static IReadOnlyList<SessionEvent> Take(IEnumerable<Torrent> torrents, ref long last)
    {
        IReadOnlyList<SessionEvent> events = SessionHost.Current.Events.GetEvents(last);
        if (events.Count == 0)
            return [];
        last = events[^1].Number;
        (string, int?)[] keys =
            [.. torrents.SelectMany(torrent => HashesOf(torrent).Select(hash => (hash, (int?)torrent.ListenPort)))];
        return [.. events.Where(entry => keys.Contains((entry.InfoHash?.ToString() ?? "", entry.ListenPort)))];
    }
}
