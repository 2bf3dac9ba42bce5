using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>What came of a lookup.</summary>
internal sealed record LookupOutcome
{
    /// <summary>The nodes nearest to the target that answered, nearest first.</summary>
    public required IReadOnlyList<CompactNode> Nearest { get; init; }

    /// <summary>How many nodes were asked.</summary>
    public int Asked { get; init; }

    /// <summary>How many of them answered.</summary>
    public int Answered { get; init; }

    /// <summary>The longest way to one of <see cref="Nearest"/>: 1 for a node that we knew, one more for a node that such a node named.</summary>
    public int Hops { get; init; }

    /// <summary>How many nodes took what was announced or put.</summary>
    public int Stored { get; init; }

    /// <summary>How long it took, storing included.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Whether it was cancelled, or no node could be asked in time.</summary>
    public bool IsIncomplete { get; init; }
}
