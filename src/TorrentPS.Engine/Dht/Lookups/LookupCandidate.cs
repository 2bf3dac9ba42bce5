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
    /// A node is distrusted if at least this number of its referrals have failed, and more of its referrals have failed
    /// than responded. The lookup then queries no further referrals of the node.
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
    /// Whether the node's referrer is distrusted: at least three of the referrer's referrals have failed, and more have
    /// failed than responded. The lookup does not begin to query a node whose referrer is distrusted.
    /// </summary>
    public bool IsDistrusted => Referrer is { _badReferrals: >= ToleratedBadReferrals } namer
        && namer._badReferrals > namer._goodReferrals;

    /// <summary>
    /// Handles another referral to this node. If the path through <paramref name="referrer"/> has fewer hops than the
    /// known path, <see cref="Hop"/> is computed from the new path.
    /// </summary>
    public void OnReferral(LookupCandidate? referrer)
    {
        // Every node on the path has fewer hops than this node, so a path never forms a cycle.
        if (referrer is not null && referrer.Hop + 1 < Hop)
            _previous = referrer;
    }

    /// <summary>
    /// Sets the node's final state, responded or failed, and counts this node as a good or bad referral of its
    /// referrer.
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
