using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>How many peers a torrent has, as the nodes nearest to it know (BEP 33).</summary>
/// <param name="Seeds">Roughly how many seeds.</param>
/// <param name="Leeches">Roughly how many others.</param>
/// <param name="Nodes">How many nodes told.</param>
internal sealed record DhtScrape(int Seeds, int Leeches, int Nodes);

/// <summary>Asks the nodes nearest to a torrent for the filters of its peers, and counts what they hold together (BEP 33, "scrape").</summary>
internal sealed class ScrapeLookup(LookupContext tools, NodeId target, Action<DhtScrape> done) : DhtLookup(tools, target)
{
    private readonly PeerBloomFilter _seeds = new();
    private readonly PeerBloomFilter _others = new();
    private int _nodes;

    protected override KrpcMessage Query() => new() { Method = KrpcMethod.GetPeers, Target = Target, Scrape = true };

    protected override void Answered(in KrpcMessage answer, NodeAddress from)
    {
        if (answer.SeedFilter.IsEmpty && answer.PeerFilter.IsEmpty)
            return;
        _seeds.UnionWith(answer.SeedFilter);
        _others.UnionWith(answer.PeerFilter);
        _nodes++;
    }

    protected override void Ended(LookupOutcome outcome) =>
        done(new DhtScrape((int)Math.Round(_seeds.EstimateCount()), (int)Math.Round(_others.EstimateCount()), _nodes));
}
