using System.Management.Automation;
using System.Net;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>An event of a session, such as a connection, a ban or a change of state.</summary>
public sealed class TorrentEvent
{
    private readonly SessionEvent _event;

    internal TorrentEvent(SessionEvent entry) => _event = entry;

    /// <summary>Local time of the event: a DateTime wrapped by <see cref="IsoTime"/>.</summary>
    public PSObject Time => IsoTime.Of(_event.Time);

    /// <summary>Kind of the event.</summary>
    public SessionEventKind Kind => _event.Kind;

    /// <summary>Name of the torrent; null if the event concerns no torrent.</summary>
    public string? Torrent => _event.Torrent;

    /// <summary>Address and port of the peer; null if the event concerns no peer.</summary>
    public IPEndPoint? Peer => _event.Peer;

    /// <summary>TCP port of the torrent's session; null if the event concerns no torrent.</summary>
    public int? ListenPort => _event.ListenPort;

    /// <summary>Description of the event in one line.</summary>
    public string Message => _event.Message;

    /// <summary>
    /// Info hash of the torrent in lower-case hexadecimal: the v1 hash, or the first 20 bytes of the v2 hash if the
    /// torrent has no v1 hash. Null if the event concerns no torrent.
    /// </summary>
    public string? InfoHash => _event.InfoHash?.ToString();

    /// <summary>Sequence number of the event, from 1. All sessions of the process share one sequence.</summary>
    public long Number => _event.Number;

    /// <summary>Returns the kind and the message.</summary>
    public override string ToString() => _event.ToString();

    internal static string ToVerbose(SessionEvent entry)
    {
        string peer = entry.Peer is null ? "" : $" {entry.Peer}";
        return $"{entry.Torrent ?? "session"}{peer}: {entry.Message}";
    }
}
