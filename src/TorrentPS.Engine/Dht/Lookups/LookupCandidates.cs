using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>The nodes that a lookup heard of, nearest to its target first; a bounded number, and one of each network.</summary>
internal sealed class LookupCandidates(NodeId target)
{
    /// <summary>How many are kept: more than a lookup ever asks, and the farthest go first.</summary>
    private const int Max = 128;

    /// <summary>How many places are remembered as seen; beyond it nothing new is taken.</summary>
    private const int MaxSeen = 2048;

    private readonly List<LookupCandidate> _nearestFirst = [];
    private readonly HashSet<NodeAddress> _seen = [];

    public IReadOnlyList<LookupCandidate> NearestFirst => _nearestFirst;

    public void Add(LookupCandidate candidate)
    {
        NodeAddress address = candidate.Node.Address;

        // Whoever owns a network could else name so many of its hosts that nobody else is asked.
        if (!address.IsUsable || _seen.Count >= MaxSeen)
            return;
        if (!_seen.Add(address.IsPublic ? address.Network : address))
        {
            _nearestFirst.Find(known => known.Node == candidate.Node)?.NamedAgain(candidate.Referrer);
            return;
        }

        int at = _nearestFirst.Count;
        while (at > 0 && target.CompareDistance(candidate.Node.Id, _nearestFirst[at - 1].Node.Id) < 0)
            at--;
        if (at > 0 && _nearestFirst[at - 1].Node.Id == candidate.Node.Id)
            return;
        if (at >= Max)
            return;
        _nearestFirst.Insert(at, candidate);
        if (_nearestFirst.Count > Max)
            _nearestFirst.RemoveAt(Max);
    }
}
