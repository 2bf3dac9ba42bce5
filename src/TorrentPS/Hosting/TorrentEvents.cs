using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>Finds the events of a torrent.</summary>
internal static class TorrentEvents
{
    /// <summary>
    /// Number of hexadecimal digits of an info hash in an event. A v2 info hash is truncated to 20 bytes.
    /// </summary>
    private const int HashDigits = 40;

    /// <summary>Returns the info hashes, v1 and v2, under which the log can contain events of the torrent.</summary>
    public static IEnumerable<string> HashesOf(Torrent torrent)
    {
        EngineStatus status = torrent.Status;
        return new[] { status.InfoHash?.ToString(), status.InfoHashV2?.ToString() }.OfType<string>().Select(Truncate);
    }

    /// <summary>Returns the info hash as events contain it: a v2 info hash is truncated to 20 bytes.</summary>
    public static string Truncate(string infoHash) => infoHash.Length > HashDigits ? infoHash[..HashDigits] : infoHash;

    /// <summary>
    /// Returns the events of a torrent with numbers above <paramref name="last"/>. Then sets <paramref name="last"/> to
    /// the number of the latest event in the log.
    /// </summary>
    public static IReadOnlyList<SessionEvent> Take(Torrent torrent, ref long last)
    {
        IReadOnlyList<SessionEvent> events = SessionHost.Current.Events.GetEvents(last);
        if (events.Count == 0)
            return [];
        last = events[^1].Number;
        string[] hashes = [.. HashesOf(torrent)];
        return [.. events.Where(entry => hashes.Contains(entry.InfoHash?.ToString()))];
    }
}
