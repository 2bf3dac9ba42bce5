using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>What a peer tells a tracker (BEP 3, "trackers"; BEP 15, "announce").</summary>
public sealed record AnnounceRequest
{
    /// <summary>The torrent.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>How the peer names itself.</summary>
    public required PeerId PeerId { get; init; }

    /// <summary>The TCP port that the peer listens on.</summary>
    public required ushort Port { get; init; }

    /// <summary>Payload bytes sent since the <c>started</c> event.</summary>
    public long Uploaded { get; init; }

    /// <summary>Payload bytes received since the <c>started</c> event.</summary>
    public long Downloaded { get; init; }

    /// <summary>Bytes that the peer still lacks; 0 makes it a seed.</summary>
    public long Left { get; init; }

    /// <summary>Why the announce is made.</summary>
    public AnnounceEvent Event { get; init; }

    /// <summary>How many peers are wanted; null leaves it to the tracker.</summary>
    public int? NumWant { get; init; }

    /// <summary>A random number that stays the same for the session, by which the tracker knows the peer after its address changed.</summary>
    public uint Key { get; init; }

    /// <summary>The tracker id of an earlier answer, one character per byte; HTTP only.</summary>
    public string? TrackerId { get; init; }

    /// <summary>Another address of the peer (BEP 7); most trackers ignore it, and it is only sent when set. HTTP only.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary>Another address of the peer (BEP 7); most trackers ignore it, and it is only sent when set. HTTP only.</summary>
    public IPAddress? IPv6 { get; init; }
}

/// <summary>Why an announce is made; the values are those of BEP 15.</summary>
public enum AnnounceEvent
{
    /// <summary>One of the regular announces.</summary>
    None = 0,

    /// <summary>The last wanted piece has just come; never sent when everything was there at the start (BEP 3).</summary>
    Completed = 1,

    /// <summary>The first announce to this tracker.</summary>
    Started = 2,

    /// <summary>The last announce: the peer leaves.</summary>
    Stopped = 3,
}
