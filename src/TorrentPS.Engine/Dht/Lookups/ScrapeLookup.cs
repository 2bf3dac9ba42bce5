using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>The estimated numbers of a torrent's seeds and other peers (BEP 33).</summary>
/// <param name="Seeds">Estimated number of seeds.</param>
/// <param name="Leeches">Estimated number of peers that are not seeds.</param>
/// <param name="Nodes">Number of nodes whose responses contained Bloom filters.</param>
internal sealed record DhtScrape(int Seeds, int Leeches, int Nodes);

/// <summary>
/// Estimates the numbers of a torrent's seeds and other peers (BEP 33) from the union of the Bloom filters in all
/// responses.
/// </summary>
internal sealed class ScrapeLookup(
    LookupContext context, NodeId target, Action<DhtScrape> done) : DhtLookup(context, target)
{
    private readonly PeerBloomFilter _seeds = new();
    private readonly PeerBloomFilter _others = new();
    private int _nodes;

    protected override KrpcMessage CreateQuery() =>
        new() { Method = KrpcMethod.GetPeers, Target = Target, Scrape = true };

    protected override void OnResponse(in KrpcMessage answer, NodeAddress from)
    {
        if (answer.SeedFilter.IsEmpty && answer.PeerFilter.IsEmpty)
            return;
        _seeds.UnionWith(answer.SeedFilter);
        _others.UnionWith(answer.PeerFilter);
        _nodes++;
    }

    protected override void OnEnded(LookupOutcome outcome) =>
        done(new DhtScrape((int)Math.Round(_seeds.EstimateCount()), (int)Math.Round(_others.EstimateCount()), _nodes));
}
