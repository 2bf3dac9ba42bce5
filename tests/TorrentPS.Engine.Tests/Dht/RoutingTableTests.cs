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
    public void The_nearest_are_those_of_all_it_holds()
    {
        List<NodeId> held = [];
        for (int i = 0; i < 500; i++)
        {
            // Near and far, so that many buckets have nodes.
            NodeId id = s_own.RandomNeighbour(_random.Next(24), _random);
            int before = _table.Count;
            _table.Answered(id, At(i), 0);
            if (_table.Count > before)
                held.Add(id);
        }

        var nearest = new NodeEntry[8];
        for (int i = 0; i < 200; i++)
        {
            NodeId target = i % 2 == 0 ? NodeId.Random(_random) : s_own.RandomNeighbour(_random.Next(30), _random);
            int count = _table.FindNearest(target, nearest);
            Assert.Equal(held.Order(Comparer<NodeId>.Create(target.CompareDistance)).Take(8), nearest[..count].Select(contact => contact.Id));
        }
    }

    [Fact]
    public void A_flood_of_nodes_fills_buckets_and_no_more()
    {
        for (int i = 0; i < 20_000; i++)
            _table.Answered(NodeId.Random(_random), At(i), i);
        Assert.InRange(_table.Count, 8, 8 * 20);
        foreach (Bucket? bucket in _table.Buckets)
            Assert.True(bucket is null || (bucket.Live.Length <= 8 && bucket.Replacements.Length <= 8));
    }

    [Fact]
    public void A_node_that_fails_makes_room_for_one_that_waits()
    {
        Fill(0, 10);
        Assert.Equal(8, _table.Count);
        NodeEntry first = _table.Buckets[0]!.Live[0];
        _table.Failed(first.Address);
        Assert.NotNull(_table.Find(first.Address));
        _table.Failed(first.Address);
        Assert.Null(_table.Find(first.Address));
        Assert.Equal(8, _table.Count);
        Assert.Equal(1, _table.Buckets[0]!.Replacements.Length);
    }

    [Fact]
    public void A_node_that_fails_twice_is_named_to_nobody_but_stays_while_nobody_waits()
    {
        Fill(0, 3);
        NodeAddress address = _table.Buckets[0]!.Live[0].Address;
        _table.Failed(address);
        Assert.Equal(3, _table.FindNearest(s_own, new NodeEntry[8]));
        for (int i = 0; i < 4; i++)
        {
            _table.Failed(address);
            Assert.Equal(2, _table.FindNearest(s_own, new NodeEntry[8]));
            Assert.NotNull(_table.Find(address));
        }

        _table.Failed(address);
        Assert.Null(_table.Find(address));
    }

    [Fact]
    public void One_host_and_one_network_get_one_place_in_a_bucket()
    {
        _table.Answered(Far(), new NodeAddress(new IPEndPoint(IPAddress.Parse("8.8.8.1"), 1)), 0);
        _table.Answered(Far(), new NodeAddress(new IPEndPoint(IPAddress.Parse("8.8.8.1"), 2)), 0);
        _table.Answered(Far(), new NodeAddress(new IPEndPoint(IPAddress.Parse("8.8.8.2"), 1)), 0);
        Assert.Equal(1, _table.Count);

        // In a private network there is no such scarcity.
        _table.Answered(Far(), new NodeAddress(new IPEndPoint(IPAddress.Loopback, 1)), 0);
        _table.Answered(Far(), new NodeAddress(new IPEndPoint(IPAddress.Loopback, 2)), 0);
        Assert.Equal(3, _table.Count);
    }

    [Fact]
    public void A_node_whose_id_does_not_fit_its_address_makes_room_for_one_whose_does()
    {
        for (int i = 0; i < 8; i++)
            _table.Answered(Far(), At(i), 0);
        Assert.Equal(8, _table.Count);
        NodeAddress honest = At(100);
        NodeId id;
        do
            id = SecureNodeId.Generate(honest, _random);
        while (id.CommonPrefixLength(s_own) != 0 && _random.Next(50) > 0);
        if (id.CommonPrefixLength(s_own) != 0)
            return;
        _table.Answered(id, honest, 0);
        Assert.Equal(8, _table.Count);
        Assert.True(_table.Find(honest)!.IsTrusted);
    }

    [Fact]
    public void Another_id_rearranges_the_nodes_and_loses_none_that_fit()
    {
        Fill(0, 8);
        Fill(5, 6);
        NodeId other = NodeId.Random(_random);
        NodeId[] before = Ids();
        _table.Rebase(other);
        Assert.Equal(other, _table.OwnId);
        Assert.All(Ids(), id => Assert.Contains(id, before));
        Assert.InRange(_table.Count, 8, 14);
    }

    [Fact]
    public void A_saved_table_comes_back_and_broken_ones_are_ignored()
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
            Assert.True(SavedRoutingTable.Read(broken.AsSpan(0, _random.Next(saved.Length))) is null or { Nodes.Count: <= 16 });
        }
    }

    [Fact]
    public void A_restored_node_has_its_id_again_and_pings_those_it_knew()
    {
        Fill(0, 8);
        var one = new DhtNodeHarness(random: new Random(77));
        one.Node.RestoreTable(SavedRoutingTable.Write(_table));
        Assert.Equal(s_own, one.Node.Id);
        Assert.Equal(0, one.Node.NodeCount);
        one.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(8, one.Sent.Count(sent => DhtNodeHarness.Is(sent.Packet, KrpcMethod.Ping)));
    }

    [Fact]
    public void When_enough_nodes_agree_where_we_are_our_id_fits_that()
    {
        var one = new DhtNodeHarness();
        NodeId before = one.Node.Id;
        byte[] seen = [9, 8, 7, 6, 0, 1];
        for (int i = 1; i <= 6; i++)
        {
            IPEndPoint host = DhtNodeHarness.Host(i);
            one.Node.AddNode(host);
            one.Advance(TimeSpan.FromMilliseconds(100));
            Assert.True(one.AnswerPing(host, SecureNodeId.Generate(new NodeAddress(host), one.Random), i == 2 ? [1, 1, 1, 1, 0, 1] : seen));
            Assert.Equal(i >= 5, one.Node.Id != before);
        }

        Assert.Equal(IPAddress.Parse("9.8.7.6"), one.Node.Status.ExternalAddress);
        Assert.True(SecureNodeId.Verify(one.Node.Id, new NodeAddress(new IPEndPoint(IPAddress.Parse("9.8.7.6"), 1))));
        Assert.Equal(6, one.Node.NodeCount);
    }

    [Fact]
    public void One_node_that_lies_often_does_not_move_us()
    {
        var vote = new ExternalAddressVote(AddressFamily.InterNetwork);
        for (int i = 0; i < 100; i++)
            Assert.False(vote.Add(new NodeAddress(new IPEndPoint(new IPAddress([5, 5, 5, (byte)i]), i + 1)), [9, 8, 7, 6, 0, 1]));
        Assert.Null(vote.Address);
    }

    [Fact]
    public void A_silent_node_is_pinged_before_it_becomes_questionable_and_dropped_when_it_stays_silent()
    {
        var one = new DhtNodeHarness();
        one.Introduce(DhtNodeHarness.Host(1));
        one.Introduce(DhtNodeHarness.Host(2));
        one.Leap(TimeSpan.FromMinutes(10));
        one.Sent.Clear();
        for (int i = 0; i < 300; i++)
        {
            one.Advance(TimeSpan.FromSeconds(1));
            one.AnswerAll(DhtNodeHarness.Host(1));
        }

        Assert.Equal(1, one.Node.NodeCount);
        Assert.Equal(1, one.Node.Status.Good);
    }

    [Fact]
    public void Nodes_that_another_names_are_pinged_one_a_second_and_taken_when_they_answer_but_none_inside_our_network()
    {
        var one = new DhtNodeHarness();
        IPEndPoint namer = DhtNodeHarness.Host(1);
        one.Introduce(namer);
        one.Advance(TimeSpan.FromSeconds(2));
        IPEndPoint[] named = [DhtNodeHarness.Host(2), new IPEndPoint(IPAddress.Parse("192.168.1.5"), 6881), DhtNodeHarness.Host(3)];
        one.Node.SampleInfoHashes(namer, NodeId.Random(_random), _ => { });
        one.Name(namer, named);
        one.Sent.Clear();

        one.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([DhtNodeHarness.Host(2)], Pinged());
        one.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([DhtNodeHarness.Host(2), DhtNodeHarness.Host(3)], Pinged());
        Assert.Equal(1, one.Node.NodeCount);
        one.AnswerPing(DhtNodeHarness.Host(3), NodeId.Random(_random));
        Assert.Equal(2, one.Node.NodeCount);

        IPEndPoint[] Pinged() => [.. one.Sent.Where(sent => DhtNodeHarness.Is(sent.Packet, KrpcMethod.Ping) && !sent.To.Equals(namer)).Select(sent => sent.To)];
    }

    [Fact]
    public void A_node_whose_bucket_is_full_is_not_pinged_because_another_names_it()
    {
        Fill(0, 8);
        var named = new CompactNode(Far(), At(900));
        Assert.False(_table.Lacks(named.Id, named.Address));
        Assert.True(_table.Wants(named.Id, named.Address));
        Assert.True(_table.Lacks(s_own.RandomNeighbour(1, _random), named.Address));
    }

    [Fact]
    public void One_answer_that_does_not_come_makes_no_node_questionable_but_a_second_does()
    {
        var one = new DhtNodeHarness();
        one.Introduce(DhtNodeHarness.Host(1));
        one.Introduce(DhtNodeHarness.Host(2));
        for (int misses = 1; misses <= 2; misses++)
        {
            one.Node.Ping(DhtNodeHarness.Host(2), _ => { });
            one.AnswerAll(DhtNodeHarness.Host(1));
            one.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(misses == 1 ? 2 : 1, one.Node.Status.Good);
        }
    }

    [Fact]
    public void While_nobody_answers_it_is_the_network_and_no_node_is_dropped()
    {
        var one = new DhtNodeHarness();
        for (int i = 1; i <= 5; i++)
            one.Introduce(DhtNodeHarness.Host(i));
        for (int i = 0; i < 60; i++)
        {
            one.Leap(TimeSpan.FromSeconds(30));
            one.Leap(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(5, one.Node.NodeCount);
    }

    private NodeId Far() => s_own.RandomNeighbour(0, _random);

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
            _table.Answered(s_own.RandomNeighbour(bucket, _random), At((bucket * 100) + i), 0);
    }

    private static NodeAddress At(int number) => new(DhtNodeHarness.Host(number));
}
