using System.Net;

namespace TorrentPS.Protocol.Tracker;

/// <summary>The response of a tracker to an announce.</summary>
public sealed record AnnounceResponse
{
    /// <summary>Maximum number of peers kept from one response. Trackers usually return at most 200.</summary>
    public const int MaxPeers = 1000;

    /// <summary>Announce interval if the tracker gives none: half an hour, the most common value.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(30);

    /// <summary>Peers, at most <see cref="MaxPeers"/>. Peers without a usable address or port are left out.</summary>
    public required IReadOnlyList<IPEndPoint> Peers { get; init; }

    /// <summary>Time until the next regular announce, as given by the tracker; never negative.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>Minimum time between announces, or null if the tracker gives none.</summary>
    public TimeSpan? MinInterval { get; init; }

    /// <summary>Warning of the tracker for the user, or null. The announce succeeded.</summary>
    public string? WarningMessage { get; init; }

    /// <summary>Tracker id to send with the next announce, one character per byte; or null.</summary>
    public string? TrackerId { get; init; }

    /// <summary>Number of seeds, or null if the tracker gives none.</summary>
    public int? Complete { get; init; }

    /// <summary>Number of leeches, or null if the tracker gives none.</summary>
    public int? Incomplete { get; init; }

    /// <summary>Address of the announcing peer as seen by the tracker (BEP 24), or null.</summary>
    public IPAddress? ExternalAddress { get; init; }
}
