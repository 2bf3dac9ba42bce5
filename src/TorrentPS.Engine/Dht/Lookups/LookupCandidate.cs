using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

internal enum CandidateState
{
    /// <summary>The node was not queried yet.</summary>
    New,

    /// <summary>The node was queried. It has not responded, and the short time-out has not passed.</summary>
    Queried,

    /// <summary>
    /// The node did not respond within the short time-out. The lookup queries a further node in addition.
    /// </summary>
    Late,

    /// <summary>The node responded with the expected node id.</summary>
    Responded,

    /// <summary>
    /// The node did not respond before the final time-out, or it answered with an error or another node id.
    /// </summary>
    Failed,
}

internal sealed class LookupCandidate(CompactNode node, LookupCandidate? referrer, IPEndPoint? endPoint)
{
    /// <summary>
    /// Minimum number of failed referrals for a referrer to be distrusted. A referrer with at least this number is
    /// distrusted if more of its referrals have failed than have responded.
    /// </summary>
    private const int MinBadReferrals = 3;

    private IPEndPoint? _endPoint = endPoint;
    private LookupCandidate? _previous = referrer;
    private int _goodReferrals;
    private int _badReferrals;

    public CompactNode Node { get; } = node;

    public IPEndPoint EndPoint => _endPoint ??= Node.Address.ToEndPoint();

    /// <summary>
    /// Number of hops on the shortest known path to this node. A node from the routing table has 1 hop. Any other node
    /// has one hop more than the node that named it.
    /// </summary>
    public int Hop => (_previous?.Hop ?? 0) + 1;

    /// <summary>The node that first named this node; null for a node from the routing table.</summary>
    public LookupCandidate? Referrer { get; } = referrer;

    public CandidateState State { get; set; }

    public int Attempts { get; set; }

    /// <summary>
    /// The write token from the node's response. It is empty before the response, or if the response has no token.
    /// </summary>
    public byte[] Token { get; set; } = [];

    /// <summary>
    /// Whether this node's referrer is distrusted: at least three of the referrer's referrals have failed, and more
    /// have failed than responded. The lookup then does not query this node.
    /// </summary>
    public bool HasDistrustedReferrer => Referrer is { _badReferrals: >= MinBadReferrals } known
        && known._badReferrals > known._goodReferrals;

    /// <summary>
    /// Handles another referral to this node. Updates <see cref="Hop"/> if the path through <paramref name="referrer"/>
    /// has fewer hops than the known path.
    /// </summary>
    public void OnReferral(LookupCandidate? referrer)
    {
        // Every node on the path has fewer hops than this node, so a path never forms a cycle.
        if (referrer is not null && referrer.Hop + 1 < Hop)
            _previous = referrer;
    }

    /// <summary>
    /// Sets the node's final state, responded or failed. Counts the node as a good or failed referral of its referrer.
    /// </summary>
    public void SetFinalState(CandidateState state)
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
