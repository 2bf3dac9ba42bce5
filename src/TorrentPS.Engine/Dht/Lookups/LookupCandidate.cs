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

/// <summary>A node known to one lookup, with its state there.</summary>
internal sealed class LookupCandidate(CompactNode node, LookupCandidate? referrer, IPEndPoint? endPoint)
{
    /// <summary>
    /// Minimum number of failed referrals from which a referrer is distrusted. The failed ones must also outnumber
    /// those that responded. Other nodes named by a distrusted referrer are not queried.
    /// </summary>
    private const int ToleratedBadReferrals = 3;

    private IPEndPoint? _endPoint = endPoint;
    private LookupCandidate? _previous = referrer;
    private int _goodReferrals;
    private int _badReferrals;

    public CompactNode Node { get; } = node;

    public IPEndPoint EndPoint => _endPoint ??= Node.Address.ToEndPoint();

    /// <summary>
    /// Number of hops on the shortest known path to the node: 1 for a node of the routing table, otherwise one more
    /// than that of the node that named it.
    /// </summary>
    public int Hop => (_previous?.Hop ?? 0) + 1;

    /// <summary>The first node that named this one; null for a node from the routing table.</summary>
    public LookupCandidate? Referrer { get; } = referrer;

    public CandidateState State { get; set; }

    public int Attempts { get; set; }

    /// <summary>The write token from the node's response; empty before the response or if it has none.</summary>
    public byte[] Token { get; set; } = [];

    /// <summary>
    /// Whether the node's referrer is distrusted, as too many of the nodes that it named have failed.
    /// </summary>
    public bool IsDistrusted => Referrer is { _badReferrals: >= ToleratedBadReferrals } namer
        && namer._badReferrals > namer._goodReferrals;

    /// <summary>
    /// Handles a further referral of this node. If its referrer is on a shorter path, that path is used for
    /// <see cref="Hop"/>.
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
