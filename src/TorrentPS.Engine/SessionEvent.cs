using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>Kind of a <see cref="SessionEvent"/>.</summary>
public enum SessionEventKind
{
    /// <summary>A connection with a peer was established.</summary>
    PeerConnected,

    /// <summary>A connection with a peer ended. The message states the reason.</summary>
    PeerDisconnected,

    /// <summary>
    /// This client closed a new connection right after the handshake, for example because the peer is banned. The
    /// message states the reason.
    /// </summary>
    PeerRefused,

    /// <summary>A peer was banned because it sent bad data. The message states the evidence.</summary>
    PeerBanned,

    /// <summary>A tracker answered an announce.</summary>
    TrackerAnswered,

    /// <summary>An announce to a tracker failed. The message states the reason.</summary>
    TrackerFailed,

    /// <summary>The metadata of a magnet link was received from peers, and its hash matched.</summary>
    MetadataReceived,

    /// <summary>A web seed (BEP 19) failed and is no longer used. The message states the reason.</summary>
    WebSeedFailed,

    /// <summary>Content could not be read or written. The torrent is paused.</summary>
    StorageFault,

    /// <summary>A torrent changed its state (<see cref="TorrentState"/>).</summary>
    StateChanged,

    /// <summary>Settings of a torrent or of the session were changed.</summary>
    SettingsChanged,

    /// <summary>A torrent was added to the session. The message states its destination.</summary>
    TorrentAdded,

    /// <summary>
    /// The files of a torrent became known, or other files were selected. The message states their number and size.
    /// </summary>
    FilesSelected,

    /// <summary>The check of the data on disk has ended. The message states how many pieces are verified.</summary>
    DataChecked,

    /// <summary>
    /// A download has reached another tenth of its wanted data. A slower download also has this event every ten minutes
    /// if it has new data.
    /// </summary>
    ProgressMade,

    /// <summary>
    /// The last wanted piece of a download was verified. The message states duration, average rate and waste.
    /// </summary>
    DownloadCompleted,

    /// <summary>
    /// A torrent has ended. The message states the duration, the amounts of data, and whether the torrent reached its
    /// goal.
    /// </summary>
    TorrentEnded,

    /// <summary>
    /// Replaces events that were dropped because the reader was too slow. Only <see cref="SessionEventLog.WatchAsync"/>
    /// returns this kind.
    /// </summary>
    EventsDropped,

    /// <summary>
    /// The network interface or address to which the session is bound is not available any more. The torrent is paused.
    /// </summary>
    NetworkLost,

    /// <summary>
    /// The network interface or address to which the session is bound is available again, or was replaced. The torrent
    /// continues.
    /// </summary>
    NetworkReturned,

    /// <summary>A gateway has mapped a port of this session.</summary>
    PortMapped,

    /// <summary>No port could be mapped at a gateway by any protocol. The message states the reasons.</summary>
    PortMappingFailed,
}

/// <summary>An event in a session, such as a new connection or a failed announce.</summary>
public sealed record SessionEvent
{
    /// <summary>
    /// Sequence number of the event in its log, from 1. An event of the kind
    /// <see cref="SessionEventKind.EventsDropped"/> has the number of the last event that it replaces.
    /// </summary>
    public required long Number { get; init; }

    /// <summary>Time of the event, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Kind of the event.</summary>
    public required SessionEventKind Kind { get; init; }

    /// <summary>
    /// Name of the torrent at the time of the event; <see langword="null"/> when the event concerns no torrent. The
    /// name can change when the metadata of a magnet link arrives.
    /// </summary>
    public string? Torrent { get; init; }

    /// <summary>
    /// Info hash of the torrent at the time of the event: the v1 info hash if it is known, otherwise the v2 info hash
    /// truncated to 20 bytes. <see langword="null"/> when the event concerns no torrent.
    /// </summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>
    /// Address and port of the peer; <see langword="null"/> when the event concerns no peer. The port is 0 if a banned
    /// peer is no longer connected.
    /// </summary>
    public IPEndPoint? Peer { get; init; }

    /// <summary>
    /// TCP port of the torrent's session. It distinguishes torrents with the same info hash in sessions that share the
    /// log. <see langword="null"/> when the event concerns no torrent.
    /// </summary>
    public int? ListenPort { get; init; }

    /// <summary>
    /// Description of the event, in one line. It contains no secrets: tracker and web seed URLs are shortened to
    /// scheme, host and port.
    /// </summary>
    public required string Message { get; init; }

    /// <summary>Returns the kind and the message.</summary>
    public override string ToString() => $"{Kind}: {Message}";
}
