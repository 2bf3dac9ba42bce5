using System.Diagnostics.Tracing;

namespace TorrentPS.Engine;

/// <summary>
/// Passes the events of all sessions of the process to <c>dotnet-trace</c> and other listeners: the event source
/// <c>TorrentPS</c>. The trace events have the names of <see cref="SessionEventKind"/>.
/// </summary>
[EventSource(Name = SourceName)]
internal sealed class SessionEventSource : EventSource
{
    /// <summary>Name of the event source.</summary>
    public const string SourceName = "TorrentPS";

    /// <summary>The only instance.</summary>
    public static readonly SessionEventSource Log = new();

    private SessionEventSource()
    {
    }

    /// <summary>Writes an event. Costs one test of a flag while nothing listens.</summary>
    [NonEvent]
    public void Write(SessionEvent entry)
    {
        if (!IsEnabled())
            return;
        string name = entry.Name ?? "";
        string infoHash = entry.InfoHash?.ToString() ?? "";
        string peer = entry.Peer?.ToString() ?? "";
        switch (entry.Kind)
        {
            case SessionEventKind.PeerConnected:
                PeerConnected(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.PeerDisconnected:
                PeerDisconnected(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.PeerRefused:
                PeerRefused(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.PeerBanned:
                PeerBanned(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.TrackerAnswered:
                TrackerAnswered(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.TrackerFailed:
                TrackerFailed(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.MetadataReceived:
                MetadataReceived(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.WebSeedFailed:
                WebSeedFailed(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.StorageFault:
                StorageFault(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.StateChanged:
                StateChanged(name, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.SettingsChanged:
                SettingsChanged(name, infoHash, peer, entry.Message);
                break;
        }
    }

    [Event(1, Level = EventLevel.Informational, Message = "{3}")]
    private void PeerConnected(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(1, Name, InfoHash, Peer, Message);

    [Event(2, Level = EventLevel.Informational, Message = "{3}")]
    private void PeerDisconnected(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(2, Name, InfoHash, Peer, Message);

    [Event(3, Level = EventLevel.Informational, Message = "{3}")]
    private void PeerRefused(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(3, Name, InfoHash, Peer, Message);

    [Event(4, Level = EventLevel.Warning, Message = "{3}")]
    private void PeerBanned(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(4, Name, InfoHash, Peer, Message);

    [Event(5, Level = EventLevel.Informational, Message = "{3}")]
    private void TrackerAnswered(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(5, Name, InfoHash, Peer, Message);

    [Event(6, Level = EventLevel.Warning, Message = "{3}")]
    private void TrackerFailed(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(6, Name, InfoHash, Peer, Message);

    [Event(7, Level = EventLevel.Informational, Message = "{3}")]
    private void MetadataReceived(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(7, Name, InfoHash, Peer, Message);

    [Event(8, Level = EventLevel.Warning, Message = "{3}")]
    private void WebSeedFailed(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(8, Name, InfoHash, Peer, Message);

    [Event(9, Level = EventLevel.Error, Message = "{3}")]
    private void StorageFault(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(9, Name, InfoHash, Peer, Message);

    [Event(10, Level = EventLevel.Informational, Message = "{3}")]
    private void StateChanged(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(10, Name, InfoHash, Peer, Message);

    [Event(11, Level = EventLevel.Informational, Message = "{3}")]
    private void SettingsChanged(string Name, string InfoHash, string Peer, string Message) =>
        WriteEvent(11, Name, InfoHash, Peer, Message);
}
