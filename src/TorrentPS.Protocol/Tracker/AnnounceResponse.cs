using System.Net;

namespace TorrentPS.Protocol.Tracker;

/// <summary>The response of a tracker to an announce.</summary>
public sealed record AnnounceResponse
{
    /// <summary>
    /// Maximum number of peers kept from one response. Further peers are ignored. Trackers usually return at most 200.
    /// </summary>
    public const int MaxPeers = 1000;

    /// <summary>
    /// Announce interval that is used if a response contains no interval: half an hour, the most common value.
    /// </summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Peers in the response, at most <see cref="MaxPeers"/>. A peer is left out if its port is invalid, its address is
    /// not unicast, or a host name is given instead of an address.
    /// </summary>
    public required IReadOnlyList<IPEndPoint> Peers { get; init; }

    /// <summary>
    /// Time that the tracker asks the peer to wait between regular announces, or <see cref="DefaultInterval"/> if the
    /// response contains no interval. It is never negative.
    /// </summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>
    /// Minimum time that the tracker requires between two announces, or null if the response contains no such time.
    /// </summary>
    public TimeSpan? MinInterval { get; init; }

    /// <summary>
    /// Warning from the tracker, safe to display, or null if the response contains no warning. An announce with a
    /// warning was successful nevertheless.
    /// </summary>
    public string? WarningMessage { get; init; }

    /// <summary>
    /// Tracker id that the next announce to this tracker must repeat, one character per byte, or null if the response
    /// contains no valid tracker id.
    /// </summary>
    public string? TrackerId { get; init; }

    /// <summary>
    /// Number of seeds as counted by the tracker, or null if the response does not contain this number.
    /// </summary>
    public int? Complete { get; init; }

    /// <summary>
    /// Number of leeches as counted by the tracker, or null if the response does not contain this number.
    /// </summary>
    public int? Incomplete { get; init; }

    /// <summary>
    /// The announcing peer's IP address as the tracker sees it (BEP 24), or null if the response does not contain it.
    /// </summary>
    public IPAddress? ExternalAddress { get; init; }
}
