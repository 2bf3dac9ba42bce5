using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Tests.Dht;

public class RoutingTableTests
{
    private static readonly NodeId s_own = NodeId.Random(new Random(1));
    private readonly Random _random = new(2);
    private readonly RoutingTable _table = new(s_own);

    [Fact]
    public void FindNearest_returns_the_closest_of_all_nodes()
    {
        List<NodeId> held = [];
        for (int i = 0; i < 500; i++)
        {
            // Varies the distance, so that many buckets have nodes.
            NodeId id = s_own.RandomWithPrefix(_random.Next(24), _random);
            int before = _table.Count;
            _table.OnResponse(id, At(i), 0);
            if (_table.Count > before)
                held.Add(id);
        }

        var nearest = new NodeEntry[8];
        for (int i = 0; i < 200; i++)
        {
            NodeId target = i % 2 == 0 ? NodeId.Random(_random) : s_own.RandomWithPrefix(_random.Next(30), _random);
            int count = _table.FindNearest(target, nearest);
            Assert.Equal(
                held.Order(Comparer<NodeId>.Create(target.CompareDistance)).Take(8),
                nearest[..count].Select(contact => contact.Id));
        }
    }

    [Fact]
    public void A_flood_of_nodes_does_not_exceed_the_bucket_size()
    {
        for (int i = 0; i < 20_000; i++)
            _table.OnResponse(NodeId.Random(_random), At(i), i);
        Assert.InRange(_table.Count, 8, 8 * 20);
        foreach (Bucket? bucket in _table.Buckets)
            Assert.True(bucket is null || (bucket.Live.Length <= 8 && bucket.Replacements.Length <= 8));
    }

    [Fact]
    public void A_node_that_times_out_twice_is_replaced()
    {
        Fill(0, 10);
        Assert.Equal(8, _table.Count);
        NodeEntry first = _table.Buckets[0]!.Live[0];
        _table.OnTimeout(first.Address);
        Assert.NotNull(_table.Find(first.Address));
        _table.OnTimeout(first.Address);
        Assert.Null(_table.Find(first.Address));
        Assert.Equal(8, _table.Count);
        Assert.Equal(1, _table.Buckets[0]!.Replacements.Length);
    }

    [Fact]
    public void A_node_that_times_out_twice_is_not_named_but_stays_without_a_replacement()
    {
        Fill(0, 3);
        NodeAddress address = _table.Buckets[0]!.Live[0].Address;
        _table.OnTimeout(address);
        Assert.Equal(3, _table.FindNearest(s_own, new NodeEntry[8]));
        for (int i = 0; i < 4; i++)
        {
            _table.OnTimeout(address);
            Assert.Equal(2, _table.FindNearest(s_own, new NodeEntry[8]));
            Assert.NotNull(_table.Find(address));
        }

        _table.OnTimeout(address);
        Assert.Null(_table.Find(address));
    }

    [Fact]
    public void A_bucket_accepts_one_node_per_public_host_and_network()
    {
        _table.OnResponse(Far(), new NodeAddress(new IPEndPoint(IPAddress.Parse("8.8.8.1"), 1)), 0);
        _table.OnResponse(Far(), new NodeAddress(new IPEndPoint(IPAddress.Parse("8.8.8.1"), 2)), 0);
        _table.OnResponse(Far(), new NodeAddress(new IPEndPoint(IPAddress.Parse("8.8.8.2"), 1)), 0);
        Assert.Equal(1, _table.Count);

        // Private networks have no such limit.
        _table.OnResponse(Far(), new NodeAddress(new IPEndPoint(IPAddress.Loopback, 1)), 0);
        _table.OnResponse(Far(), new NodeAddress(new IPEndPoint(IPAddress.Loopback, 2)), 0);
        Assert.Equal(3, _table.Count);
    }

    [Fact]
    public void A_node_with_an_invalid_id_is_replaced_by_one_with_a_valid_id()
    {
        for (int i = 0; i < 8; i++)
            _table.OnResponse(Far(), At(i), 0);
        Assert.Equal(8, _table.Count);
        NodeAddress honest = At(100);
        NodeId id;
        do
            id = SecureNodeId.Generate(honest, _random);
        while (id.CommonPrefixLength(s_own) != 0 && _random.Next(50) > 0);
        if (id.CommonPrefixLength(s_own) != 0)
            return;
        _table.OnResponse(id, honest, 0);
        Assert.Equal(8, _table.Count);
        Assert.True(_table.Find(honest)!.HasValidId);
    }

    [Fact]
    public void Changing_the_id_rearranges_the_nodes()
    {
        Fill(0, 8);
        Fill(5, 6);
        NodeId other = NodeId.Random(_random);
        NodeId[] before = Ids();
        _table.ChangeId(other);
        Assert.Equal(other, _table.OwnId);
        Assert.All(Ids(), id => Assert.Contains(id, before));
        Assert.InRange(_table.Count, 8, 14);
    }

    [Fact]
    public void A_saved_table_is_restored_and_malformed_data_is_ignored()
    {
        Fill(0, 8);
        Fill(3, 8);
        byte[] saved = SavedRoutingTable.Write(_table);
        Assert.Equal(s_own, SavedRoutingTable.Read(saved)!.Value.Id);
        Assert.Equal(Ids().Order(), SavedRoutingTable.Read(saved)!.Value.Nodes.Select(node => node.Id).Order());

        for (int i = 0; i < 2000; i++)
        {
            byte[] broken = [.. saved];
            broken[_random.Next(40)] = (byte)_random.Next(256);
            Assert.True(
                SavedRoutingTable.Read(broken.AsSpan(0, _random.Next(saved.Length))) is null or { Nodes.Count: <= 16 });
        }
    }

    [Fact]
    public void A_restored_node_has_its_former_id_and_pings_its_former_nodes()
    {
        Fill(0, 8);
        var harness = new DhtNodeHarness(random: new Random(77));
        harness.Node.RestoreTable(SavedRoutingTable.Write(_table));
        Assert.Equal(s_own, harness.Node.Id);
        Assert.Equal(0, harness.Node.NodeCount);
        harness.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(8, harness.Sent.Count(sent => DhtNodeHarness.IsQuery(sent.Packet, KrpcMethod.Ping)));
    }

    [Fact]
    public void When_enough_nodes_agree_on_the_external_address_the_id_changes_to_match_it()
    {
        var harness = new DhtNodeHarness();
        NodeId before = harness.Node.Id;
        byte[] seen = [9, 8, 7, 6, 0, 1];
        for (int i = 1; i <= 6; i++)
        {
            IPEndPoint host = DhtNodeHarness.Host(i);
            harness.Node.AddNode(host);
            harness.Advance(TimeSpan.FromMilliseconds(100));
            NodeId id = SecureNodeId.Generate(new NodeAddress(host), harness.Random);
            Assert.True(harness.AnswerPing(host, id, i == 2 ? [1, 1, 1, 1, 0, 1] : seen));
            Assert.Equal(i >= 5, harness.Node.Id != before);
        }

        Assert.Equal(IPAddress.Parse("9.8.7.6"), harness.Node.Status.ExternalAddress);
        Assert.True(
            SecureNodeId.Verify(harness.Node.Id, new NodeAddress(new IPEndPoint(IPAddress.Parse("9.8.7.6"), 1))));
        Assert.Equal(6, harness.Node.NodeCount);
    }

    [Fact]
    public void An_external_address_from_another_source_gives_the_node_a_valid_id_at_once()
    {
        var harness = new DhtNodeHarness();
        IPAddress address = IPAddress.Parse("9.8.7.6");

        harness.Node.UseExternalAddress(IPAddress.Parse("2001:db8::1"));
        Assert.False(SecureNodeId.Verify(harness.Node.Id, new NodeAddress(new IPEndPoint(address, 1))));
        harness.Node.UseExternalAddress(address);

        Assert.True(SecureNodeId.Verify(harness.Node.Id, new NodeAddress(new IPEndPoint(address, 1))));
    }

    [Fact]
    public void One_network_alone_cannot_set_the_external_address()
    {
        var vote = new ExternalAddressVote(AddressFamily.InterNetwork);
        for (int i = 0; i < 100; i++)
        {
            var voter = new NodeAddress(new IPEndPoint(new IPAddress([5, 5, 5, (byte)i]), i + 1));
            Assert.False(vote.Add(voter, [9, 8, 7, 6, 0, 1]));
        }

        Assert.Null(vote.Address);
    }

    [Fact]
    public void A_silent_node_is_pinged_before_it_becomes_questionable_and_removed_if_it_stays_silent()
    {
        var harness = new DhtNodeHarness();
        harness.AddHost(DhtNodeHarness.Host(1));
        harness.AddHost(DhtNodeHarness.Host(2));
        harness.AdvanceOnce(TimeSpan.FromMinutes(10));
        harness.Sent.Clear();
        for (int i = 0; i < 300; i++)
        {
            harness.Advance(TimeSpan.FromSeconds(1));
            harness.AnswerAll(DhtNodeHarness.Host(1));
        }

        Assert.Equal(1, harness.Node.NodeCount);
        Assert.Equal(1, harness.Node.Status.Good);
    }

    [Fact]
    public void Referred_nodes_are_pinged_one_per_second_and_added_if_they_respond_except_private_addresses()
    {
        var harness = new DhtNodeHarness();
        IPEndPoint namer = DhtNodeHarness.Host(1);
        harness.AddHost(namer);
        harness.Advance(TimeSpan.FromSeconds(2));
        IPEndPoint[] named = [
            DhtNodeHarness.Host(2),
            new IPEndPoint(IPAddress.Parse("192.168.1.5"), 6881),
            DhtNodeHarness.Host(3),
        ];
        harness.Node.SampleInfoHashes(namer, NodeId.Random(_random), _ => { });
        harness.AnswerWithNodes(namer, named);
        harness.Sent.Clear();

        harness.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([DhtNodeHarness.Host(2)], Pinged());
        harness.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([DhtNodeHarness.Host(2), DhtNodeHarness.Host(3)], Pinged());
        Assert.Equal(1, harness.Node.NodeCount);
        harness.AnswerPing(DhtNodeHarness.Host(3), NodeId.Random(_random));
        Assert.Equal(2, harness.Node.NodeCount);

        IPEndPoint[] Pinged() => [.. harness.Sent
            .Where(sent => DhtNodeHarness.IsQuery(sent.Packet, KrpcMethod.Ping) && !sent.To.Equals(namer))
            .Select(sent => sent.To)];
    }

    [Fact]
    public void A_referred_node_is_not_pinged_if_its_bucket_is_full()
    {
        Fill(0, 8);
        var named = new CompactNode(Far(), At(900));
        Assert.False(_table.HasSpaceFor(named.Id, named.Address));
        Assert.True(_table.CanAdd(named.Id, named.Address));
        Assert.True(_table.HasSpaceFor(s_own.RandomWithPrefix(1, _random), named.Address));
    }

    [Fact]
    public void A_node_is_good_after_one_time_out_and_questionable_after_two()
    {
        var harness = new DhtNodeHarness();
        harness.AddHost(DhtNodeHarness.Host(1));
        harness.AddHost(DhtNodeHarness.Host(2));
        for (int misses = 1; misses <= 2; misses++)
        {
            harness.Node.Ping(DhtNodeHarness.Host(2), _ => { });
            harness.AnswerAll(DhtNodeHarness.Host(1));
            harness.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(misses == 1 ? 2 : 1, harness.Node.Status.Good);
        }
    }

    [Fact]
    public void No_node_is_removed_while_no_node_responds()
    {
        var harness = new DhtNodeHarness();
        for (int i = 1; i <= 5; i++)
            harness.AddHost(DhtNodeHarness.Host(i));
        for (int i = 0; i < 60; i++)
        {
            harness.AdvanceOnce(TimeSpan.FromSeconds(30));
            harness.AdvanceOnce(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(5, harness.Node.NodeCount);
    }

    private NodeId Far() => s_own.RandomWithPrefix(0, _random);

    private NodeId[] Ids()
    {
        List<NodeId> ids = [];
        foreach (Bucket? bucket in _table.Buckets)
        {
            if (bucket is null)
                continue;
            foreach (NodeEntry contact in bucket.Live)
                ids.Add(contact.Id);
        }

        return [.. ids];
    }

    private void Fill(int bucket, int count)
    {
        for (int i = 0; i < count; i++)
            _table.OnResponse(s_own.RandomWithPrefix(bucket, _random), At((bucket * 100) + i), 0);
    }

    private static NodeAddress At(int number) => new(DhtNodeHarness.Host(number));
}
