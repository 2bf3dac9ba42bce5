using System.Net;
using System.Text;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Dht;

public class DhtLookupTests
{
    private static readonly InfoHash s_torrent = InfoHash.Parse("0123456789abcdef0123456789abcdef01234567");

    [Fact]
    public void Nodes_with_one_bootstrap_node_find_the_eight_closest_nodes()
    {
        var net = new DhtTestNetwork();
        DhtNode[] nodes = net.Grow(60);
        NodeId target = NodeId.Random(net.Random);
        LookupOutcome? outcome = null;
        nodes[17].FindNodes(target, result => outcome = result);
        net.Run(TimeSpan.FromSeconds(10));

        NodeId[] expected = [
            .. nodes.Where(node => node != nodes[17]).Select(node => node.Id).Order(
                Comparer<NodeId>.Create(target.CompareDistance)).Take(8)
        ];
        Assert.Equal(expected, outcome!.Nearest.Select(node => node.Id));
        Assert.False(outcome.IsIncomplete);
        Assert.InRange(outcome.Hops, 1, 8);
    }

    [Fact]
    public void An_announced_peer_is_found_by_another_node()
    {
        var net = new DhtTestNetwork();
        DhtNode[] nodes = net.Grow(60);
        LookupOutcome? announced = Announce(net, nodes[3], port: 51413);
        Assert.Equal(8, announced!.Stored);
        Assert.Equal([new IPEndPoint(DhtTestNetwork.EndPoint(4).Address, 51413)], Find(net, nodes[40]));
    }

    [Fact]
    public void An_implied_port_is_the_source_port_of_the_packet()
    {
        var net = new DhtTestNetwork();
        DhtNode[] nodes = net.Grow(20);
        nodes[3].FindPeers(s_torrent, null, impliedPort: true, isSeed: false, _ => { }, _ => { });
        net.Run(TimeSpan.FromSeconds(10));
        Assert.Equal([DhtTestNetwork.EndPoint(4)], Find(net, nodes[12]));
    }

    [Fact]
    public void Announced_peers_are_found_at_ten_percent_packet_loss()
    {
        var net = new DhtTestNetwork();
        DhtNode[] nodes = net.Grow(80);
        net.IsLost = (_, _, _) => net.Random.Next(10) == 0;
        Announce(net, nodes[5], port: 1000);
        int found = Enumerable.Range(20, 20).Count(i => Find(net, nodes[i]).Count == 1);
        Assert.Equal(20, found);
    }

    [Fact]
    public void An_item_that_was_put_is_found_by_its_hash()
    {
        var net = new DhtTestNetwork();
        DhtNode[] nodes = net.Grow(40);
        byte[] value = Encoding.ASCII.GetBytes("d5:hello5:worlde");
        LookupOutcome? put = null;
        nodes[1].PutItem(value, outcome => put = outcome);
        net.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(8, put!.Stored);

        ReadOnlyMemory<byte>? got = null;
        bool done = false;
        nodes[30].GetItem(ImmutableItem.TargetOf(value), item => (got, done) = (item, true));
        net.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(value, got!.Value.ToArray());

        nodes[30].GetItem(NodeId.Random(net.Random), item => (got, done) = (item, true));
        net.Run(TimeSpan.FromSeconds(10));
        Assert.Null(got);
        Assert.True(done);
    }

    [Fact]
    public void A_scrape_estimates_seeds_and_leeches_separately()
    {
        var net = new DhtTestNetwork();
        DhtNode[] nodes = net.Grow(40);
        for (int i = 1; i <= 12; i++)
            nodes[i].FindPeers(s_torrent, 1, false, isSeed: i <= 4, _ => { }, _ => { });
        net.Run(TimeSpan.FromSeconds(10));
        DhtScrape? scrape = null;
        nodes[30].Scrape(s_torrent, result => scrape = result);
        net.Run(TimeSpan.FromSeconds(10));
        Assert.InRange(scrape!.Seeds, 3, 5);
        Assert.InRange(scrape.Leeches, 7, 9);

        // The querying node may itself be one of the eight closest.
        Assert.InRange(scrape.Nodes, 7, 20);
    }

    [Fact]
    public void A_lookup_started_without_known_nodes_continues_when_one_is_added()
    {
        var net = new DhtTestNetwork();
        DhtNode[] nodes = net.Grow(20);
        Announce(net, nodes[3], port: 7);
        DhtNode late = net.Add(500);
        List<IPEndPoint> found = [];
        late.FindPeers(s_torrent, null, false, false, found.AddRange, _ => { });
        net.Run(TimeSpan.FromSeconds(2));
        late.AddNode(DhtTestNetwork.EndPoint(1));
        net.Run(TimeSpan.FromSeconds(10));
        Assert.Single(found);
    }

    [Fact]
    public void A_cancelled_lookup_ends_at_once_with_an_incomplete_outcome()
    {
        var net = new DhtTestNetwork();
        DhtNode[] nodes = net.Grow(10);
        LookupOutcome? outcome = null;
        DhtLookup lookup = nodes[0].FindNodes(NodeId.Random(net.Random), result => outcome = result);
        Assert.Null(outcome);
        lookup.Cancel();
        Assert.True(outcome!.IsIncomplete);
        net.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(0, nodes[0].ActiveLookups);
    }

    private static LookupOutcome? Announce(DhtTestNetwork net, DhtNode node, ushort port)
    {
        LookupOutcome? outcome = null;
        node.FindPeers(s_torrent, port, false, false, _ => { }, result => outcome = result);
        net.Run(TimeSpan.FromSeconds(15));
        return outcome;
    }

    private static List<IPEndPoint> Find(DhtTestNetwork net, DhtNode node)
    {
        List<IPEndPoint> found = [];
        node.FindPeers(s_torrent, null, false, false, found.AddRange, _ => { });
        net.Run(TimeSpan.FromSeconds(15));
        return found;
    }
}
