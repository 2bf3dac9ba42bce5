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

    /// <summary>TCP port that the peer listens on.</summary>
    public required ushort Port { get; init; }

    /// <summary>Payload bytes uploaded since the <c>started</c> event.</summary>
    public long Uploaded { get; init; }

    /// <summary>Payload bytes downloaded since the <c>started</c> event.</summary>
    public long Downloaded { get; init; }

    /// <summary>Bytes that the peer still has to download. The tracker counts a peer with 0 as a seed.</summary>
    public long Left { get; init; }

    /// <summary>Event that the announce reports.</summary>
    public AnnounceEvent Event { get; init; }

    /// <summary>Number of peers requested; null for the tracker's default.</summary>
    public int? NumWant { get; init; }

    /// <summary>
    /// Random number that identifies the peer to the tracker after a change of its address. It stays the same for a
    /// session.
    /// </summary>
    public uint Key { get; init; }

    /// <summary>Tracker id from an earlier response, one character per byte; null to send none. HTTP only.</summary>
    public string? TrackerId { get; init; }

    /// <summary>IPv4 address of the peer (BEP 7); null to send none. Many trackers ignore it. HTTP only.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary>IPv6 address of the peer (BEP 7); null to send none. Many trackers ignore it. HTTP only.</summary>
    public IPAddress? IPv6 { get; init; }
}

/// <summary>Event of an announce, with the values of BEP 15.</summary>
public enum AnnounceEvent
{
    /// <summary>None: a regular announce.</summary>
    None = 0,

    /// <summary>
    /// The download has completed during this session. Not sent if it was complete at the start (BEP 3).
    /// </summary>
    Completed = 1,

    /// <summary>The first announce to the tracker.</summary>
    Started = 2,

    /// <summary>The last announce: the peer leaves the swarm.</summary>
    Stopped = 3,
}
