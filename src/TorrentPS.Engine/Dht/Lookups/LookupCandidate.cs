using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>The state of a node in a lookup.</summary>
internal enum CandidateState
{
    /// <summary>Not queried yet.</summary>
    New,

    /// <summary>Queried without a response so far; the short time-out has not passed.</summary>
    Queried,

    /// <summary>
    /// Queried without a response within the short time-out. The lookup queries a further node in addition.
    /// </summary>
    Late,

    /// <summary>Responded with the expected node id.</summary>
    Responded,

    /// <summary>
    /// Did not respond to any query before the final time-out, or answered with an error or another node id.
    /// </summary>
    Failed,
}

/// <summary>A node known to one lookup, with its state in that lookup.</summary>
internal sealed class LookupCandidate(CompactNode node, LookupCandidate? referrer, IPEndPoint? endPoint)
{
    /// <summary>
    /// Number of failed nodes at which the referrer that named them is distrusted, if fewer nodes that it named have
    /// responded. Further nodes that it named are then not queried.
    /// </summary>
    private const int ToleratedBadReferrals = 3;

    private IPEndPoint? _endPoint = endPoint;
    private LookupCandidate? _previous = referrer;
    private int _goodReferrals;
    private int _badReferrals;

    public CompactNode Node { get; } = node;

    public IPEndPoint EndPoint => _endPoint ??= Node.Address.ToEndPoint();

    /// <summary>
    /// Number of hops on the shortest known path to the node: 1 for a node of the routing table, otherwise the hops of
    /// the node that named it plus one.
    /// </summary>
    public int Hop => (_previous?.Hop ?? 0) + 1;

    /// <summary>The first node that named this one; null for a node from the routing table.</summary>
    public LookupCandidate? Referrer { get; } = referrer;

    public CandidateState State { get; set; }

    public int Attempts { get; set; }

    /// <summary>The write token from the node's response; empty before the response or if it has none.</summary>
    public byte[] Token { get; set; } = [];

    /// <summary>
    /// Whether the node's referrer is distrusted: at least three nodes that it named have failed, and fewer have
    /// responded. The lookup does not query such a node.
    /// </summary>
    public bool IsDistrusted => Referrer is { _badReferrals: >= ToleratedBadReferrals } namer
        && namer._badReferrals > namer._goodReferrals;

    /// <summary>
    /// Handles another referral to this node. If the path through its referrer is shorter, <see cref="Hop"/> is
    /// computed from that path.
    /// </summary>
    public void OnReferral(LookupCandidate? referrer)
    {
        // Every node on the path has fewer hops than this node, so a path never forms a cycle.
        if (referrer is not null && referrer.Hop + 1 < Hop)
            _previous = referrer;
    }

    /// <summary>
    /// Sets the final state, responded or failed, and counts it among the good or bad referrals of the referrer.
    /// </summary>
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
