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
    public void Announced_peers_are_found_when_ten_percent_of_the_nodes_send_false_referrals()
    {
        var net = new DhtTestNetwork(seed: 3);
        DhtNode[] nodes = net.Grow(90);
        NodeId target = NodeId.FromInfoHash(s_torrent);
        net.IsLost = (packet, from, to) =>
        {
            // Every tenth node answers each query with node ids close to the target, at unused addresses.
            if (Number(to) % 10 != 0 || Number(to) > 90 || !KrpcMessage.TryParse(packet, out KrpcMessage query)
                || query is not { Kind: KrpcKind.Query, Target: not null })
                return false;
            byte[] nodes = new byte[16 * CompactNode.IPv4Length];
            for (int i = 0; i < 16; i++)
            {
                NodeId id = target.RandomWithPrefix(40, net.Random);
                var address = new NodeAddress(DhtTestNetwork.EndPoint(net.Random.Next(10_000, 60_000)));
                new CompactNode(id, address).Write(nodes.AsSpan(i * CompactNode.IPv4Length));
            }

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
    public void A_response_with_an_unexpected_node_id_is_ignored()
    {
        var harness = new DhtNodeHarness();
        IPEndPoint host = DhtNodeHarness.Host(1);
        harness.AddHost(host);
        LookupOutcome? outcome = null;
        List<IPEndPoint> found = [];
        harness.Node.FindPeers(s_torrent, null, false, false, found.AddRange, result => outcome = result);
        byte[] query = harness.Sent.Last(sent => DhtNodeHarness.IsQuery(sent.Packet, KrpcMethod.GetPeers)).Packet;
        harness.Receive(
            new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = DhtNodeHarness.Parse(query).TransactionId,
                Id = NodeId.Random(harness.Random),
                Values = "l6:abcdefe"u8,
            },
            host);
        Assert.Empty(found);
        Assert.Empty(outcome!.Nearest);
    }

    [Fact]
    public void A_public_node_cannot_refer_to_private_addresses()
    {
        var harness = new DhtNodeHarness();
        IPEndPoint host = DhtNodeHarness.Host(1);
        NodeId id = harness.AddHost(host);
        List<IPEndPoint> found = [];
        harness.Node.FindPeers(s_torrent, null, false, false, found.AddRange, _ => { });
        byte[] query = harness.Sent.Last(sent => DhtNodeHarness.IsQuery(sent.Packet, KrpcMethod.GetPeers)).Packet;
        byte[] values = new byte[3 * 8 + 2];
        int at = 1;
        foreach (string address in (string[])["127.0.0.1:80", "192.168.1.1:80", "44.1.2.3:80"])
            at += PeerValues.Write(new NodeAddress(IPEndPoint.Parse(address)), values.AsSpan(at));
        (values[0], values[^1]) = ((byte)'l', (byte)'e');
        byte[] inside = new byte[CompactNode.IPv4Length];
        new CompactNode(NodeId.Random(harness.Random), new NodeAddress(IPEndPoint.Parse("10.0.0.1:53"))).Write(inside);
        harness.Sent.Clear();
        harness.Receive(
            new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = DhtNodeHarness.Parse(query).TransactionId,
                Id = id,
                Values = values,
                Nodes = inside,
            },
            host);
        Assert.Equal([IPEndPoint.Parse("44.1.2.3:80")], found);
        Assert.DoesNotContain(harness.Sent, sent => sent.To.Address.ToString() == "10.0.0.1");
    }

    [Fact]
    public void A_lookup_ends_after_a_bounded_number_of_queries_however_many_nodes_are_named()
    {
        var harness = new DhtNodeHarness();
        for (int i = 1; i <= 10; i++)
            harness.AddHost(DhtNodeHarness.Host(i));
        LookupOutcome? outcome = null;
        var ids = new Dictionary<IPEndPoint, NodeId>(harness.HostIds);
        NodeId target = NodeId.FromInfoHash(s_torrent);
        int prefix = 10;
        harness.Sent.Clear();
        harness.Node.FindPeers(s_torrent, null, false, false, _ => { }, result => outcome = result);

        // Every queried node responds and names sixteen more, each closer than all before.
        for (int handled = 0; handled < harness.Sent.Count && handled < 5000 && outcome is null; handled++)
        {
            (byte[] packet, IPEndPoint to) = harness.Sent[handled];
            if (!DhtNodeHarness.IsQuery(packet, KrpcMethod.GetPeers))
                continue;
            byte[] nodes = new byte[16 * CompactNode.IPv4Length];
            prefix = Math.Min(prefix + 1, 150);
            for (int i = 0; i < 16; i++)
            {
                IPEndPoint fake = DhtNodeHarness.Host(1000 + harness.Random.Next(60_000));
                ids.TryAdd(fake, target.RandomWithPrefix(prefix, harness.Random));
                new CompactNode(ids[fake], new NodeAddress(fake)).Write(nodes.AsSpan(i * CompactNode.IPv4Length));
            }

            harness.Receive(
                new KrpcMessage
                {
                    Kind = KrpcKind.Response,
                    TransactionId = DhtNodeHarness.Parse(packet).TransactionId,
                    Id = ids[to],
                    Nodes = nodes,
                },
                to);
        }

        harness.Advance(TimeSpan.FromSeconds(70));
        Assert.NotNull(outcome);
        Assert.InRange(outcome.QueriesSent, 10, 200);
    }

    [Fact]
    public void A_lookup_queries_one_host_per_network()
    {
        var harness = new DhtNodeHarness();
        IPEndPoint host = DhtNodeHarness.Host(1);
        NodeId id = harness.AddHost(host);
        harness.Node.FindPeers(s_torrent, null, false, false, _ => { }, _ => { });
        byte[] query = harness.Sent.Last(sent => DhtNodeHarness.IsQuery(sent.Packet, KrpcMethod.GetPeers)).Packet;
        byte[] nodes = new byte[16 * CompactNode.IPv4Length];
        for (int i = 0; i < 16; i++)
        {
            var address = new NodeAddress(new IPEndPoint(new IPAddress([66, 6, 6, (byte)i]), 1));
            new CompactNode(NodeId.Random(harness.Random), address).Write(nodes.AsSpan(i * CompactNode.IPv4Length));
        }

        harness.Sent.Clear();
        harness.Receive(
            new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = DhtNodeHarness.Parse(query).TransactionId,
                Id = id,
                Nodes = nodes,
            },
            host);
        harness.Advance(TimeSpan.FromSeconds(20));
        Assert.Single(harness.Sent
            .Where(sent => DhtNodeHarness.IsQuery(sent.Packet, KrpcMethod.GetPeers))
            .Select(sent => sent.To)
            .Distinct());
    }

    [Fact]
    public void Excess_lookups_are_refused_and_outstanding_queries_are_bounded()
    {
        var harness = new DhtNodeHarness(new DhtNodeSettings { MaxLookups = 10, MaxOutstandingQueries = 20 });
        for (int i = 1; i <= 30; i++)
            harness.AddHost(DhtNodeHarness.Host(i));
        for (int i = harness.Node.ActiveLookups; i < 10; i++)
            harness.Node.FindNodes(NodeId.Random(harness.Random), _ => { });
        Assert.Throws<InvalidOperationException>(() => harness.Node.FindNodes(NodeId.Random(harness.Random), _ => { }));
        Assert.InRange(harness.Node.OutstandingQueries, 10, 20);
        harness.Advance(TimeSpan.FromSeconds(90));
        Assert.InRange(harness.Node.ActiveLookups, 0, 3);
    }

    [Fact]
    public void Malformed_packets_do_not_stop_a_node_or_exceed_its_limits()
    {
        var settings = new DhtNodeSettings
        {
            MaxTorrents = 50,
            MaxPeers = 100,
            QueriesPerSource = 100_000,
            AnswerRate = int.MaxValue,
        };
        var harness = new DhtNodeHarness(settings);
        for (int i = 1; i <= 20; i++)
            harness.AddHost(DhtNodeHarness.Host(i));
        var random = new Random(8);
        List<byte[]> seeds = [.. harness.Sent.Select(sent => sent.Packet)];
        foreach (string packet in s_captures)
            seeds.Add(Encoding.Latin1.GetBytes(packet));
        for (int i = 0; i < 20_000; i++)
        {
            // Includes mutated answers to the node's last query, with the right transaction id.
            if (i % 50 == 0)
            {
                harness.Advance(TimeSpan.FromMilliseconds(100));
                harness.Node.SampleInfoHashes(DhtNodeHarness.Host(1), NodeId.Random(random), _ => { });
                byte[] id = DhtNodeHarness.Parse(harness.Sent[^1].Packet).TransactionId.ToArray();
                seeds[0] = [
                    .. "d2:ip6:abcdef1:rd2:id20:aaaaaaaaaaaaaaaaaaaa8:intervali1e"u8,
                    .. "5:nodes26:aaaaaaaaaaaaaaaaaaaabbbbcc3:numi1e"u8,
                    .. "7:samples20:aaaaaaaaaaaaaaaaaaaa6:valuesl6:abcdefee1:t4:"u8,
                    .. id,
                    .. "1:y1:re"u8,
                ];
                harness.Sent.RemoveRange(0, harness.Sent.Count - 1);
            }

            byte[] packet = [.. seeds[i % 7 == 0 ? 0 : random.Next(seeds.Count)]];
            for (int change = random.Next(4); change > 0; change--)
                packet[random.Next(packet.Length)] = (byte)random.Next(256);
            harness.Node.Receive(
                packet.AsSpan(0, random.Next(4) == 0 ? random.Next(packet.Length + 1) : packet.Length),
                DhtNodeHarness.Host(1 + random.Next(25)));
        }

        Assert.InRange(harness.Node.NodeCount, 1, 200);
        Assert.InRange(harness.Node.Status.StoredPeers, 0, 100);
        Assert.InRange(harness.Node.OutstandingQueries, 0, 512);
        Assert.Equal(
            KrpcKind.Response,
            DhtNodeHarness.Parse(harness.SendQuery(harness.CreateQuery(KrpcMethod.Ping), DhtNodeHarness.Host(1))).Kind);
    }

    private static readonly string[] s_captures =
    [
        "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:v4:LT\x01\x02" + "1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz1234564:wantl2:n42:n6ee1:q9:find_node1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234566:scrapei1ee1:q9:get_peers1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e"
        + "4:seedi1e5:token4:aoeue1:q13:announce_peer1:t2:aa1:y1:qe",
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
