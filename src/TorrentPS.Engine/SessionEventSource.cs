using System.Diagnostics.Tracing;

namespace TorrentPS.Engine;

/// <summary>
/// The event source <c>TorrentPS</c>, which passes the events of all sessions of the process to <c>dotnet-trace</c> and
/// other listeners. The trace events have the names of <see cref="SessionEventKind"/>.
/// </summary>
[EventSource(Name = SourceName)]
internal sealed class SessionEventSource : EventSource
{
    public const string SourceName = "TorrentPS";

    public static readonly SessionEventSource Log = new();

    private SessionEventSource()
    {
    }

    /// <summary>Passes an event to the listeners. Does nothing if there are none.</summary>
    [NonEvent]
    public void Write(SessionEvent entry)
    {
        if (!IsEnabled())
            return;
        string torrent = entry.Torrent ?? "";
        string infoHash = entry.InfoHash?.ToString() ?? "";
        string peer = entry.Peer?.ToString() ?? "";
        switch (entry.Kind)
        {
            case SessionEventKind.PeerConnected:
                PeerConnected(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.PeerDisconnected:
                PeerDisconnected(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.PeerRefused:
                PeerRefused(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.PeerBanned:
                PeerBanned(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.TrackerAnswered:
                TrackerAnswered(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.TrackerFailed:
                TrackerFailed(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.MetadataReceived:
                MetadataReceived(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.WebSeedFailed:
                WebSeedFailed(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.StorageFault:
                StorageFault(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.StateChanged:
                StateChanged(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.SettingsChanged:
                SettingsChanged(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.TorrentAdded:
                TorrentAdded(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.FilesSelected:
                FilesSelected(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.DataChecked:
                DataChecked(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.ProgressMade:
                ProgressMade(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.DownloadCompleted:
                DownloadCompleted(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.TorrentEnded:
                TorrentEnded(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.NetworkLost:
                NetworkLost(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.NetworkReturned:
                NetworkReturned(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.PortMapped:
                PortMapped(torrent, infoHash, peer, entry.Message);
                break;
            case SessionEventKind.PortMappingFailed:
                PortMappingFailed(torrent, infoHash, peer, entry.Message);
                break;
        }
    }

    [Event(1, Level = EventLevel.Informational, Message = "{3}")]
    private void PeerConnected(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(1, Torrent, InfoHash, Peer, Message);

    [Event(2, Level = EventLevel.Informational, Message = "{3}")]
    private void PeerDisconnected(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(2, Torrent, InfoHash, Peer, Message);

    [Event(3, Level = EventLevel.Informational, Message = "{3}")]
    private void PeerRefused(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(3, Torrent, InfoHash, Peer, Message);

    [Event(4, Level = EventLevel.Warning, Message = "{3}")]
    private void PeerBanned(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(4, Torrent, InfoHash, Peer, Message);

    [Event(5, Level = EventLevel.Informational, Message = "{3}")]
    private void TrackerAnswered(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(5, Torrent, InfoHash, Peer, Message);

    [Event(6, Level = EventLevel.Warning, Message = "{3}")]
    private void TrackerFailed(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(6, Torrent, InfoHash, Peer, Message);

    [Event(7, Level = EventLevel.Informational, Message = "{3}")]
    private void MetadataReceived(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(7, Torrent, InfoHash, Peer, Message);

    [Event(8, Level = EventLevel.Warning, Message = "{3}")]
    private void WebSeedFailed(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(8, Torrent, InfoHash, Peer, Message);

    [Event(9, Level = EventLevel.Error, Message = "{3}")]
    private void StorageFault(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(9, Torrent, InfoHash, Peer, Message);

    [Event(10, Level = EventLevel.Informational, Message = "{3}")]
    private void StateChanged(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(10, Torrent, InfoHash, Peer, Message);

    [Event(11, Level = EventLevel.Informational, Message = "{3}")]
    private void SettingsChanged(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(11, Torrent, InfoHash, Peer, Message);

    [Event(12, Level = EventLevel.Informational, Message = "{3}")]
    private void TorrentAdded(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(12, Torrent, InfoHash, Peer, Message);

    [Event(13, Level = EventLevel.Informational, Message = "{3}")]
    private void FilesSelected(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(13, Torrent, InfoHash, Peer, Message);

    [Event(14, Level = EventLevel.Informational, Message = "{3}")]
    private void DataChecked(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(14, Torrent, InfoHash, Peer, Message);

    [Event(15, Level = EventLevel.Informational, Message = "{3}")]
    private void ProgressMade(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(15, Torrent, InfoHash, Peer, Message);

    [Event(16, Level = EventLevel.Informational, Message = "{3}")]
    private void DownloadCompleted(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(16, Torrent, InfoHash, Peer, Message);

    [Event(17, Level = EventLevel.Informational, Message = "{3}")]
    private void TorrentEnded(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(17, Torrent, InfoHash, Peer, Message);

    [Event(18, Level = EventLevel.Error, Message = "{3}")]
    private void NetworkLost(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(18, Torrent, InfoHash, Peer, Message);

    [Event(19, Level = EventLevel.Informational, Message = "{3}")]
    private void NetworkReturned(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(19, Torrent, InfoHash, Peer, Message);

    [Event(20, Level = EventLevel.Informational, Message = "{3}")]
    private void PortMapped(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(20, Torrent, InfoHash, Peer, Message);

    [Event(21, Level = EventLevel.Warning, Message = "{3}")]
    private void PortMappingFailed(string Torrent, string InfoHash, string Peer, string Message) =>
        WriteEvent(21, Torrent, InfoHash, Peer, Message);
}
