using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

internal sealed record LookupOutcome
{
    /// <summary>The responding nodes closest to the target, closest first. There are at most eight.</summary>
    public required IReadOnlyList<CompactNode> Nearest { get; init; }

    /// <summary>Number of queries sent, including repeated queries. Store queries are not counted.</summary>
    public int QueriesSent { get; init; }

    /// <summary>Number of nodes that responded with the expected node id.</summary>
    public int Responses { get; init; }

    /// <summary>
    /// The largest number of hops to a node in <see cref="Nearest"/>; 0 if <see cref="Nearest"/> is empty.
    /// </summary>
    public int Hops { get; init; }

    /// <summary>Number of nodes that accepted the store query.</summary>
    public int Stored { get; init; }

    /// <summary>Duration of the lookup, including its store queries.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Whether the lookup was cancelled, exceeded its maximum duration, or did not start because no good node was
    /// known.
    /// </summary>
    public bool IsIncomplete { get; init; }
}
