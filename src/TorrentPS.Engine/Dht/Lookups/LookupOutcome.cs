using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>The outcome of a lookup.</summary>
internal sealed record LookupOutcome
{
    /// <summary>The closest nodes to the target that responded, closest first; at most eight.</summary>
    public required IReadOnlyList<CompactNode> Nearest { get; init; }

    /// <summary>Number of queries sent by the search. A node that was queried twice counts twice.</summary>
    public int QueriesSent { get; init; }

    /// <summary>Number of nodes that responded.</summary>
    public int Responses { get; init; }

    /// <summary>
    /// The maximum <see cref="LookupCandidate.Hop"/> among <see cref="Nearest"/>.
    /// </summary>
    public int Hops { get; init; }

    /// <summary>Number of nodes that accepted the store query.</summary>
    public int Stored { get; init; }

    /// <summary>Duration of the lookup, including store queries.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Whether the lookup was cancelled or exceeded its maximum duration.</summary>
    public bool IsIncomplete { get; init; }
}
