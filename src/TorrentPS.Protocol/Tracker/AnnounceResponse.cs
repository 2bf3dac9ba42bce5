using System.Net;

namespace TorrentPS.Protocol.Tracker;

/// <summary>The response of a tracker to an announce.</summary>
public sealed record AnnounceResponse
{
    /// <summary>
    /// Maximum number of peers kept from one response; further ones are ignored. Trackers usually return at most 200.
    /// </summary>
    public const int MaxPeers = 1000;

    /// <summary>Announce interval that is used if the response has none: half an hour, the most common value.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Peers in the response, at most <see cref="MaxPeers"/>. Peers with an invalid port, a host name or an address
    /// that is not unicast are left out.
    /// </summary>
    public required IReadOnlyList<IPEndPoint> Peers { get; init; }

    /// <summary>
    /// Time to wait before the next regular announce, as the tracker demands; <see cref="DefaultInterval"/> if it
    /// demands none. Never negative.
    /// </summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>Minimum time that the tracker demands between two announces; null if the response has none.</summary>
    public TimeSpan? MinInterval { get; init; }

    /// <summary>The tracker's warning for the user, or null. The announce was nevertheless successful.</summary>
    public string? WarningMessage { get; init; }

    /// <summary>
    /// Tracker id that the next announce must repeat, one character per byte. Null if the response has none.
    /// </summary>
    public string? TrackerId { get; init; }

    /// <summary>Number of seeds that the tracker counts; null if the response has none.</summary>
    public int? Complete { get; init; }

    /// <summary>Number of leeches that the tracker counts; null if the response has none.</summary>
    public int? Incomplete { get; init; }

    /// <summary>
    /// The announcing peer's IP address as the tracker sees it (BEP 24); null if the response has none.
    /// </summary>
    public IPAddress? ExternalAddress { get; init; }
}
