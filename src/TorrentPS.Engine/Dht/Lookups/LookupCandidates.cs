using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>
/// The nodes known to a lookup, closest to the target first. Their number is limited, and only one node per network is
/// accepted.
/// </summary>
internal sealed class LookupCandidates(NodeId target)
{
    /// <summary>
    /// Maximum number of candidates. If there are more, the most distant candidates are dropped. A lookup usually
    /// queries fewer nodes than this.
    /// </summary>
    private const int MaxCandidates = 128;

    /// <summary>
    /// Maximum number of networks recorded, including the networks of dropped candidates. At this number, further nodes
    /// are ignored. This limits the memory of a lookup.
    /// </summary>
    private const int MaxNetworks = 2048;

    private readonly List<LookupCandidate> _nearestFirst = [];
    private readonly HashSet<NodeAddress> _networks = [];

    public IReadOnlyList<LookupCandidate> NearestFirst => _nearestFirst;

    public void Add(LookupCandidate candidate)
    {
        NodeAddress address = candidate.Node.Address;

        // Without this limit, the owner of one network could name enough of its hosts to displace all other nodes.
        if (!address.IsUsable || _networks.Count >= MaxNetworks)
            return;
        if (!_networks.Add(address.IsPublic ? address.Network : address))
        {
            _nearestFirst.Find(known => known.Node == candidate.Node)?.OnReferral(candidate.Referrer);
            return;
        }

        int at = _nearestFirst.Count;
        while (at > 0 && target.CompareDistance(candidate.Node.Id, _nearestFirst[at - 1].Node.Id) < 0)
            at--;
        if (at > 0 && _nearestFirst[at - 1].Node.Id == candidate.Node.Id)
            return;
        if (at >= MaxCandidates)
            return;
        _nearestFirst.Insert(at, candidate);
        if (_nearestFirst.Count > MaxCandidates)
            _nearestFirst.RemoveAt(MaxCandidates);
    }
}
