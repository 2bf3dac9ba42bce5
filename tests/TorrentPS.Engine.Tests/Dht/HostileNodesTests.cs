using System.Net;
using System.Text;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Dht;

public class HostileNodesTests
{
    private static readonly InfoHash s_torrent = InfoHash.Parse("0123456789abcdef0123456789abcdef01234567");

    [Fact]
    public void With_a_tenth_of_all_nodes_lying_announced_peers_are_found()
    {
        var net = new DhtTestNetwork(seed: 3);
        DhtNode[] nodes = net.Grow(90);
        NodeId target = NodeId.Of(s_torrent);
        net.IsLost = (packet, from, to) =>
        {
            // Every tenth node answers each query with ids right beside the target, at addresses where nobody is.
            if (Number(to) % 10 != 0 || Number(to) > 90 || !KrpcMessage.TryParse(packet, out KrpcMessage query) || query is not { Kind: KrpcKind.Query, Target: not null })
                return false;
            byte[] nodes = new byte[16 * CompactNode.IPv4Length];
            for (int i = 0; i < 16; i++)
                new CompactNode(target.RandomNeighbour(40, net.Random), new NodeAddress(DhtTestNetwork.EndPoint(net.Random.Next(10_000, 60_000)))).Write(nodes.AsSpan(i * CompactNode.IPv4Length));
            byte[] lie = new byte[KrpcMessage.MaxLength];
            int length = new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = query.TransactionId,
                Id = net.Nodes.ElementAt(Number(to) - 1).Id,
                Nodes = nodes,
                Token = "liar"u8,
            }.Write(lie);
            net.Send(lie[..length], to, from);
            return true;
        };

        nodes[4].FindPeers(s_torrent, 1234, false, false, _ => { }, _ => { });
        net.Run(TimeSpan.FromSeconds(20));
        int found = 0;
        int asked = 0;
        for (int i = 20; i < 60; i++)
        {
            if (i % 10 == 9)
                continue;
            asked++;
            bool has = false;
            nodes[i].FindPeers(s_torrent, null, false, false, _ => has = true, _ => { });
            net.Run(TimeSpan.FromSeconds(12));
            found += has ? 1 : 0;
        }

        Assert.True(found >= asked * 0.95, $"{found} of {asked} searches found the peer.");
    }

    [Fact]
    public void A_node_that_answers_with_another_id_is_not_believed()
    {
        var one = new DhtNodeHarness();
        IPEndPoint host = DhtNodeHarness.Host(1);
        one.Introduce(host);
        LookupOutcome? outcome = null;
        List<IPEndPoint> found = [];
        one.Node.FindPeers(s_torrent, null, false, false, found.AddRange, result => outcome = result);
        byte[] query = one.Sent.Last(sent => DhtNodeHarness.Is(sent.Packet, KrpcMethod.GetPeers)).Packet;
        one.Receive(
            new KrpcMessage { Kind = KrpcKind.Response, TransactionId = DhtNodeHarness.Parse(query).TransactionId, Id = NodeId.Random(one.Random), Values = "l6:abcdefe"u8 },
            host);
        Assert.Empty(found);
        Assert.Empty(outcome!.Nearest);
    }

    [Fact]
    public void A_public_node_can_not_send_us_to_hosts_of_our_own_network()
    {
        var one = new DhtNodeHarness();
        IPEndPoint host = DhtNodeHarness.Host(1);
        NodeId id = one.Introduce(host);
        List<IPEndPoint> found = [];
        one.Node.FindPeers(s_torrent, null, false, false, found.AddRange, _ => { });
        byte[] query = one.Sent.Last(sent => DhtNodeHarness.Is(sent.Packet, KrpcMethod.GetPeers)).Packet;
        byte[] values = new byte[3 * 8 + 2];
        int at = 1;
        foreach (string address in (string[])["127.0.0.1:80", "192.168.1.1:80", "44.1.2.3:80"])
            at += PeerValues.Write(new NodeAddress(IPEndPoint.Parse(address)), values.AsSpan(at));
        (values[0], values[^1]) = ((byte)'l', (byte)'e');
        byte[] inside = new byte[CompactNode.IPv4Length];
        new CompactNode(NodeId.Random(one.Random), new NodeAddress(IPEndPoint.Parse("10.0.0.1:53"))).Write(inside);
        one.Sent.Clear();
        one.Receive(
            new KrpcMessage { Kind = KrpcKind.Response, TransactionId = DhtNodeHarness.Parse(query).TransactionId, Id = id, Values = values, Nodes = inside }, host);
        Assert.Equal([IPEndPoint.Parse("44.1.2.3:80")], found);
        Assert.DoesNotContain(one.Sent, sent => sent.To.Address.ToString() == "10.0.0.1");
    }

    [Fact]
    public void However_many_nodes_are_named_a_lookup_ends_and_asks_a_bounded_number()
    {
        var one = new DhtNodeHarness();
        for (int i = 1; i <= 10; i++)
            one.Introduce(DhtNodeHarness.Host(i));
        LookupOutcome? outcome = null;
        var ids = new Dictionary<IPEndPoint, NodeId>(one.Known);
        NodeId target = NodeId.Of(s_torrent);
        int prefix = 10;
        one.Sent.Clear();
        one.Node.FindPeers(s_torrent, null, false, false, _ => { }, result => outcome = result);

        // Whoever is asked names sixteen more, each nearer than all before, and each of them answers.
        for (int handled = 0; handled < one.Sent.Count && handled < 5000 && outcome is null; handled++)
        {
            (byte[] packet, IPEndPoint to) = one.Sent[handled];
            if (!DhtNodeHarness.Is(packet, KrpcMethod.GetPeers))
                continue;
            byte[] nodes = new byte[16 * CompactNode.IPv4Length];
            prefix = Math.Min(prefix + 1, 150);
            for (int i = 0; i < 16; i++)
            {
                IPEndPoint fake = DhtNodeHarness.Host(1000 + one.Random.Next(60_000));
                ids.TryAdd(fake, target.RandomNeighbour(prefix, one.Random));
                new CompactNode(ids[fake], new NodeAddress(fake)).Write(nodes.AsSpan(i * CompactNode.IPv4Length));
            }

            one.Receive(new KrpcMessage { Kind = KrpcKind.Response, TransactionId = DhtNodeHarness.Parse(packet).TransactionId, Id = ids[to], Nodes = nodes }, to);
        }

        one.Advance(TimeSpan.FromSeconds(70));
        Assert.NotNull(outcome);
        Assert.InRange(outcome.Asked, 10, 200);
    }

    [Fact]
    public void Of_one_network_one_host_is_asked()
    {
        var one = new DhtNodeHarness();
        IPEndPoint host = DhtNodeHarness.Host(1);
        NodeId id = one.Introduce(host);
        one.Node.FindPeers(s_torrent, null, false, false, _ => { }, _ => { });
        byte[] query = one.Sent.Last(sent => DhtNodeHarness.Is(sent.Packet, KrpcMethod.GetPeers)).Packet;
        byte[] nodes = new byte[16 * CompactNode.IPv4Length];
        for (int i = 0; i < 16; i++)
            new CompactNode(NodeId.Random(one.Random), new NodeAddress(new IPEndPoint(new IPAddress([66, 6, 6, (byte)i]), 1))).Write(nodes.AsSpan(i * CompactNode.IPv4Length));
        one.Sent.Clear();
        one.Receive(new KrpcMessage { Kind = KrpcKind.Response, TransactionId = DhtNodeHarness.Parse(query).TransactionId, Id = id, Nodes = nodes }, host);
        one.Advance(TimeSpan.FromSeconds(20));
        Assert.Single(one.Sent.Where(sent => DhtNodeHarness.Is(sent.Packet, KrpcMethod.GetPeers)).Select(sent => sent.To).Distinct());
    }

    [Fact]
    public void More_lookups_than_may_run_are_refused_and_queries_stay_bounded()
    {
        var one = new DhtNodeHarness(new DhtNodeSettings { MaxLookups = 10, MaxOutstanding = 20 });
        for (int i = 1; i <= 30; i++)
            one.Introduce(DhtNodeHarness.Host(i));
        for (int i = one.Node.LookupsUnderWay; i < 10; i++)
            one.Node.FindNodes(NodeId.Random(one.Random), _ => { });
        Assert.Throws<InvalidOperationException>(() => one.Node.FindNodes(NodeId.Random(one.Random), _ => { }));
        Assert.InRange(one.Node.QueriesUnderWay, 10, 20);
        one.Advance(TimeSpan.FromSeconds(90));
        Assert.InRange(one.Node.LookupsUnderWay, 0, 3);
    }

    [Fact]
    public void Broken_packets_of_every_kind_harm_nothing()
    {
        var one = new DhtNodeHarness(new DhtNodeSettings { MaxTorrents = 50, MaxPeers = 100, QueriesPerSource = 100_000, AnswerRate = int.MaxValue });
        for (int i = 1; i <= 20; i++)
            one.Introduce(DhtNodeHarness.Host(i));
        var random = new Random(8);
        List<byte[]> seeds = [.. one.Sent.Select(sent => sent.Packet)];
        foreach (string packet in s_captures)
            seeds.Add(Encoding.Latin1.GetBytes(packet));
        for (int i = 0; i < 20_000; i++)
        {
            // Answers to what the node asked last are broken too: those have its transaction ids.
            if (i % 50 == 0)
            {
                one.Advance(TimeSpan.FromMilliseconds(100));
                one.Node.SampleInfoHashes(DhtNodeHarness.Host(1), NodeId.Random(random), _ => { });
                byte[] id = DhtNodeHarness.Parse(one.Sent[^1].Packet).TransactionId.ToArray();
                seeds[0] = [.. "d2:ip6:abcdef1:rd2:id20:aaaaaaaaaaaaaaaaaaaa8:intervali1e5:nodes26:aaaaaaaaaaaaaaaaaaaabbbbcc3:numi1e7:samples20:aaaaaaaaaaaaaaaaaaaa6:valuesl6:abcdefee1:t4:"u8, .. id, .. "1:y1:re"u8];
                one.Sent.RemoveRange(0, one.Sent.Count - 1);
            }

            byte[] packet = [.. seeds[i % 7 == 0 ? 0 : random.Next(seeds.Count)]];
            for (int change = random.Next(4); change > 0; change--)
                packet[random.Next(packet.Length)] = (byte)random.Next(256);
            one.Node.Receive(packet.AsSpan(0, random.Next(4) == 0 ? random.Next(packet.Length + 1) : packet.Length), DhtNodeHarness.Host(1 + random.Next(25)));
        }

        Assert.InRange(one.Node.NodeCount, 1, 200);
        Assert.InRange(one.Node.Status.StoredPeers, 0, 100);
        Assert.InRange(one.Node.QueriesUnderWay, 0, 512);
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.Ping), DhtNodeHarness.Host(1))).Kind);
    }

    private static readonly string[] s_captures =
    [
        "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:v4:LT\x01\x02" + "1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz1234564:wantl2:n42:n6ee1:q9:find_node1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234566:scrapei1ee1:q9:get_peers1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e4:seedi1e5:token4:aoeue1:q13:announce_peer1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q3:get1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567895:token4:abcd1:v12:Hello World!e1:q3:put1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q17:sample_infohashes1:t2:aa1:y1:qe",
        "d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee",
    ];

    private static int Number(IPEndPoint at)
    {
        byte[] bytes = at.Address.GetAddressBytes();
        return (bytes[1] << 8) | bytes[2];
    }
}
