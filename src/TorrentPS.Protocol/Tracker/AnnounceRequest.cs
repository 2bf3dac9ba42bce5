using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>The parameters of an announce to a tracker (BEP 3, "trackers"; BEP 15, "announce").</summary>
public sealed record AnnounceRequest
{
    /// <summary>Info hash of the torrent.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>Peer id of the announcing peer.</summary>
    public required PeerId PeerId { get; init; }

    /// <summary>TCP port on which the announcing peer accepts connections.</summary>
    public required ushort Port { get; init; }

    /// <summary>
    /// Payload bytes that the announcing peer has uploaded since its announce with the event <c>started</c>.
    /// </summary>
    public long Uploaded { get; init; }

    /// <summary>
    /// Payload bytes that the announcing peer has downloaded since its announce with the event <c>started</c>.
    /// </summary>
    public long Downloaded { get; init; }

    /// <summary>
    /// Number of bytes that the announcing peer still has to download. If it is 0, the tracker counts the peer as a
    /// seed.
    /// </summary>
    public long Left { get; init; }

    /// <summary>Event that the announce reports to the tracker.</summary>
    public AnnounceEvent Event { get; init; }

    /// <summary>Number of peers to request from the tracker. If null, the tracker chooses the number.</summary>
    public int? NumWant { get; init; }

    /// <summary>
    /// Random number by which the tracker recognises the announcing peer after its IP address has changed. The peer
    /// sends the same number during the whole session.
    /// </summary>
    public uint Key { get; init; }

    /// <summary>
    /// Tracker id from an earlier response of this tracker, one character per byte, or null to send none. It is sent to
    /// HTTP trackers only.
    /// </summary>
    public string? TrackerId { get; init; }

    /// <summary>
    /// IPv4 address of the announcing peer (BEP 7), or null to send none. Many trackers ignore it. It is sent to HTTP
    /// trackers only.
    /// </summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary>
    /// IPv6 address of the announcing peer (BEP 7), or null to send none. Many trackers ignore it. It is sent to HTTP
    /// trackers only.
    /// </summary>
    public IPAddress? IPv6 { get; init; }
}

/// <summary>Event that an announce reports. The values are those of BEP 15.</summary>
public enum AnnounceEvent
{
    /// <summary>No event: a regular announce.</summary>
    None = 0,

    /// <summary>
    /// The peer has completed the download in this session. The event is not sent if the content was already complete
    /// when the session started (BEP 3).
    /// </summary>
    Completed = 1,

    /// <summary>The peer joins the swarm. This is its first announce to the tracker in this session.</summary>
    Started = 2,

    /// <summary>The peer leaves the swarm. This is its last announce to the tracker in this session.</summary>
    Stopped = 3,
}
