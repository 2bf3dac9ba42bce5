using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>The state of a node in a lookup.</summary>
internal enum CandidateState
{
    /// <summary>Known, not queried yet.</summary>
    New,

    /// <summary>Queried, within the short time-out.</summary>
    Queried,

    /// <summary>Queried, the short time-out has passed; it no longer holds up the lookup.</summary>
    Late,

    /// <summary>Responded with the expected id.</summary>
    Responded,

    /// <summary>Did not respond, or responded with an error or another id.</summary>
    Failed,
}

/// <summary>A node known to a lookup.</summary>
internal sealed class LookupCandidate(CompactNode node, LookupCandidate? referrer, IPEndPoint? endPoint)
{
    /// <summary>
    /// Number of failed referrals of one node from which on its other referrals are skipped, if the failed ones
    /// outnumber the good ones.
    /// </summary>
    private const int ToleratedBadReferrals = 3;

    private IPEndPoint? _endPoint = endPoint;
    private LookupCandidate? _previous = referrer;
    private int _goodReferrals;
    private int _badReferrals;

    public CompactNode Node { get; } = node;

    public IPEndPoint EndPoint => _endPoint ??= Node.Address.ToEndPoint();

    /// <summary>
    /// Length of the shortest known path to the node: 1 for a node of the routing table, otherwise one more than the
    /// path to the node that named it.
    /// </summary>
    public int Hop => (_previous?.Hop ?? 0) + 1;

    /// <summary>The first node that named this one; null for a node of the routing table.</summary>
    public LookupCandidate? Referrer { get; } = referrer;

    public CandidateState State { get; set; }

    public int Attempts { get; set; }

    /// <summary>The write token from the node's response; empty before the response.</summary>
    public byte[] Token { get; set; } = [];

    /// <summary>Whether the node's referrer named too many nodes that failed.</summary>
    public bool IsDistrusted => Referrer is { _badReferrals: >= ToleratedBadReferrals } namer
        && namer._badReferrals > namer._goodReferrals;

    /// <summary>Records a further node that named this one, if the path over that node is shorter.</summary>
    public void OnReferral(LookupCandidate? referrer)
    {
        // Every node on the path has fewer hops than this node, so a path never forms a cycle.
        if (referrer is not null && referrer.Hop + 1 < Hop)
            _previous = referrer;
    }

    /// <summary>Sets the final state and counts it for the referrer.</summary>
    public void Conclude(CandidateState state)
    {
        State = state;
        if (Referrer is null)
            return;
        if (state == CandidateState.Responded)
            Referrer._goodReferrals++;
        else
            Referrer._badReferrals++;
    }
}
