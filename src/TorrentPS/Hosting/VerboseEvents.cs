using TorrentPS.Engine;

namespace TorrentPS.Hosting;

/// <summary>
/// Selects the events of torrents for the verbose stream. A large swarm has many connections, refusals and
/// disconnections of peers. Only the first event of each of these kinds is selected for each torrent, and none after
/// the torrent has ended. Get-TorrentEvent shows all events.
/// </summary>
/// <param name="last">Number of an event; only later events are selected.</param>
internal sealed class VerboseEvents(long last)
{
    private static readonly SessionEventKind[] s_connectionKinds =
        [SessionEventKind.PeerConnected, SessionEventKind.PeerRefused, SessionEventKind.PeerDisconnected];

    private readonly HashSet<(SessionEventKind Kind, string? InfoHash, int? ListenPort)> _shown = [];
    private long _last = last;

    /// <summary>Returns the text of each selected event that was logged since the previous call.</summary>
    public IEnumerable<string> Take(IEnumerable<Torrent> torrents) =>
        TorrentEvents.Take(torrents, ref _last).Where(IsSelected).Select(TorrentEvent.ToVerbose);

    private bool IsSelected(SessionEvent entry)
    {
        string? hash = entry.InfoHash?.ToString();
        if (entry.Kind == SessionEventKind.TorrentEnded)
            _shown.UnionWith(s_connectionKinds.Select(kind => (kind, hash, entry.ListenPort)));
        return !s_connectionKinds.Contains(entry.Kind) || _shown.Add((entry.Kind, hash, entry.ListenPort));
    }
}
