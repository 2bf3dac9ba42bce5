using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>How far a lookup came with a node.</summary>
internal enum CandidateState
{
    New,
    Asked,

    /// <summary>Asked, the short time-out passed; it no longer holds the lookup up.</summary>
    Late,
    Answered,
    Failed,
}

/// <summary>A node that a lookup heard of.</summary>
internal sealed class LookupCandidate(CompactNode node, LookupCandidate? referrer, IPEndPoint? endPoint)
{
    /// <summary>So many nodes named by one node may turn out bad before the rest that it named is passed over.</summary>
    private const int ToleratedBadReferrals = 3;

    private IPEndPoint? _endPoint = endPoint;
    private LookupCandidate? _before = referrer;
    private int _goodReferrals;
    private int _badReferrals;

    public CompactNode Node { get; } = node;

    public IPEndPoint EndPoint => _endPoint ??= Node.Address.ToEndPoint();

    /// <summary>The shortest way to it, as far as we heard: 1 for a node of our own table, one more than the node that named it otherwise.</summary>
    public int Hop => (_before?.Hop ?? 0) + 1;

    /// <summary>Who named it first; null for a node of our own table.</summary>
    public LookupCandidate? Referrer { get; } = referrer;

    public CandidateState State { get; set; }

    public int TimesAsked { get; set; }

    /// <summary>What it wants to see before it stores anything; empty before it gave one.</summary>
    public byte[] Token { get; set; } = [];

    /// <summary>Whether whoever named it named too many that did not answer or were not who they should be.</summary>
    public bool IsDiscredited => Referrer is { } who && who._badReferrals >= ToleratedBadReferrals && who._badReferrals > who._goodReferrals;

    /// <summary>Another node named it, too.</summary>
    public void NamedAgain(LookupCandidate? by)
    {
        // All that lies on the way to a node is fewer hops away than it, so no way ever leads in a circle.
        if (by is not null && by.Hop + 1 < Hop)
            _before = by;
    }

    public void TurnedOut(CandidateState state)
    {
        State = state;
        if (Referrer is null)
            return;
        if (state == CandidateState.Answered)
            Referrer._goodReferrals++;
        else
            Referrer._badReferrals++;
    }
}
