using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht;

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
    private int _goodReferrals;
    private int _badReferrals;

    public CompactNode Node { get; } = node;

    public IPEndPoint EndPoint => _endPoint ??= Node.Address.ToEndPoint();

    /// <summary>1 for a node of our own table.</summary>
    public int Hop { get; } = (referrer?.Hop ?? 0) + 1;

    public CandidateState State { get; set; }

    public int TimesAsked { get; set; }

    /// <summary>What it wants to see before it stores anything; empty before it gave one.</summary>
    public byte[] Token { get; set; } = [];

    /// <summary>Whether whoever named it named too many that did not answer or were not who they should be.</summary>
    public bool IsDiscredited => referrer is { } who && who._badReferrals >= ToleratedBadReferrals && who._badReferrals > who._goodReferrals;

    public void TurnedOut(CandidateState state)
    {
        State = state;
        if (referrer is null)
            return;
        if (state == CandidateState.Answered)
            referrer._goodReferrals++;
        else
            referrer._badReferrals++;
    }
}
