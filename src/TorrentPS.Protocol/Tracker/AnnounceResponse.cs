using System.Net;

namespace TorrentPS.Protocol.Tracker;

/// <summary>What a tracker answers to an announce.</summary>
public sealed record AnnounceResponse
{
    /// <summary>The most peers kept of one answer: more than any torrent connects to, and five times what trackers give.</summary>
    public const int MaxPeers = 1000;

    /// <summary>The wait when the tracker names none: half an hour, what most trackers say.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(30);

    /// <summary>The peers, at most <see cref="MaxPeers"/>, without those that no one can connect to.</summary>
    public required IReadOnlyList<IPEndPoint> Peers { get; init; }

    /// <summary>How long to wait before the next regular announce, as the tracker said it; never negative.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>The least time between two announces, if the tracker said one.</summary>
    public TimeSpan? MinInterval { get; init; }

    /// <summary>Something for the user to read, though the announce succeeded.</summary>
    public string? WarningMessage { get; init; }

    /// <summary>To be sent with the next announce, one character per byte.</summary>
    public string? TrackerId { get; init; }

    /// <summary>How many seeds there are, if told.</summary>
    public int? Complete { get; init; }

    /// <summary>How many leeches there are, if told.</summary>
    public int? Incomplete { get; init; }

    /// <summary>The address that the tracker sees the peer at, if told (BEP 24).</summary>
    public IPAddress? ExternalAddress { get; init; }
}
