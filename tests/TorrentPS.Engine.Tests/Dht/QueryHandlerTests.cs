using System.Net;
using System.Text;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Stores;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Tests.Dht;

public class QueryHandlerTests
{
    private static readonly IPEndPoint s_host = DhtNodeHarness.Host(1);
    private static readonly NodeId s_torrent = NodeId.Random(new Random(99));

    [Fact]
    public void A_ping_is_answered_with_our_id_and_the_senders_address()
    {
        var one = new DhtNodeHarness();
        KrpcMessage answer = DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.Ping), s_host));
        Assert.Equal(KrpcKind.Response, answer.Kind);
        Assert.Equal("aa", Encoding.ASCII.GetString(answer.TransactionId));
        Assert.Equal(one.Node.Id, answer.Id);

        one.Introduce(s_host);
        answer = DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.Ping), s_host));
        Assert.True(NodeAddress.TryRead(answer.ExternalAddress, out NodeAddress seen));
        Assert.Equal(s_host, seen.ToEndPoint());
    }

    [Fact]
    public void The_eight_nearest_nodes_are_named_nearest_first()
    {
        var one = new DhtNodeHarness();
        List<NodeId> ids = [.. Enumerable.Range(1, 40).Select(i => one.Introduce(DhtNodeHarness.Host(i)))];
        KrpcMessage answer = DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.FindNode, s_torrent), s_host));
        List<NodeId> named = [];
        foreach (CompactNode node in new CompactNodes(answer.Nodes, isIPv6: false))
            named.Add(node.Id);

        Assert.Equal(8, named.Count);
        Assert.Equal(named.Order(Comparer<NodeId>.Create(s_torrent.CompareDistance)), named);
        Assert.All(named, id => Assert.Contains(id, ids));
    }

    [Fact]
    public void An_announce_with_our_token_is_kept_and_named_to_others()
    {
        var one = new DhtNodeHarness();
        Announce(one, s_host, 51413);
        one.Introduce(DhtNodeHarness.Host(2));
        Assert.Equal(["30.0.1.7:51413"], Peers(one.Ask(one.Query(KrpcMethod.GetPeers, s_torrent), DhtNodeHarness.Host(2))));
    }

    [Fact]
    public void A_token_is_worth_nothing_from_another_host_or_after_ten_minutes()
    {
        var one = new DhtNodeHarness();
        byte[] token = Token(one, s_host);
        one.Introduce(DhtNodeHarness.Host(2));
        Assert.Equal(KrpcError.Protocol, DhtNodeHarness.Parse(AnnounceWith(one, token, DhtNodeHarness.Host(2))).ErrorCode);
        Assert.Equal(KrpcError.Protocol, DhtNodeHarness.Parse(AnnounceWith(one, [1, 2, 3, 4], s_host)).ErrorCode);
        Assert.Equal(0, one.Node.Status.StoredPeers);

        one.Leap(TimeSpan.FromMinutes(5));
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(AnnounceWith(one, token, s_host)).Kind);
        one.Leap(TimeSpan.FromMinutes(5));
        one.Leap(TimeSpan.FromMinutes(5));
        Assert.Equal(KrpcKind.Error, DhtNodeHarness.Parse(AnnounceWith(one, token, s_host)).Kind);
    }

    [Fact]
    public void Peers_are_forgotten_when_they_announce_no_more()
    {
        var one = new DhtNodeHarness();
        Announce(one, s_host, 1);
        Assert.Equal(1, one.Node.Status.StoredPeers);
        one.Leap(TimeSpan.FromMinutes(46));
        Assert.Equal(0, one.Node.Status.StoredPeers);
        Assert.Equal(0, one.Node.Status.StoredTorrents);
    }

    [Fact]
    public void No_flood_of_announces_grows_the_store_past_its_limits()
    {
        var settings = new DhtNodeSettings { MaxTorrents = 20, MaxPeers = 100, MaxPeersPerTorrent = 10, QueriesPerSource = 1_000_000, AnswerRate = int.MaxValue };
        var store = new PeerStore(settings);
        var random = new Random(4);
        for (int i = 0; i < 20_000; i++)
        {
            NodeId torrent = random.Next(3) == 0 ? s_torrent : NodeId.Random(random);
            store.Add(torrent, new NodeAddress(DhtNodeHarness.Host(random.Next(3000))), false, i);
            Assert.InRange(store.TorrentCount, 1, 20);
            Assert.InRange(store.PeerCount, 1, 100);
            Assert.InRange(store.Find(torrent)!.All.Length, 1, 10);
        }

        store.Tick((long)TimeSpan.FromHours(3).TotalMilliseconds);
        Assert.Equal(0, store.PeerCount + store.TorrentCount);
    }

    [Fact]
    public void A_host_of_the_public_network_is_one_peer_whatever_its_ports()
    {
        var one = new DhtNodeHarness();
        Announce(one, s_host, 1);
        Announce(one, s_host, 2);
        Assert.Equal(["30.0.1.7:2"], Peers(one.Ask(one.Query(KrpcMethod.GetPeers, s_torrent), s_host)));
    }

    [Fact]
    public void Immutable_items_are_kept_by_their_hash_for_two_hours()
    {
        var one = new DhtNodeHarness();
        byte[] value = Encoding.ASCII.GetBytes("12:Hello World!");
        Assert.Equal("e5f96f6f38320f0f33959cb4d3d656452117aadb", ImmutableItem.TargetOf(value).ToString());
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(Put(one, value)).Kind);
        KrpcMessage got = DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.Get, ImmutableItem.TargetOf(value)), s_host));
        Assert.Equal(value, got.Value.ToArray());
        Assert.Equal(WriteTokens.Length, got.Token.Length);

        one.Leap(TimeSpan.FromHours(2));
        Assert.Equal(0, one.Node.Status.StoredItems);
    }

    [Fact]
    public void An_item_longer_than_a_thousand_bytes_is_refused_and_the_store_stays_bounded()
    {
        var one = new DhtNodeHarness(new DhtNodeSettings { MaxItems = 5 });
        Assert.Equal(KrpcError.TooBig, DhtNodeHarness.Parse(Put(one, Encoding.ASCII.GetBytes($"997:{new string('x', 997)}"))).ErrorCode);
        for (int i = 0; i < 20; i++)
            Put(one, Encoding.ASCII.GetBytes($"i{i}e"));
        Assert.Equal(5, one.Node.Status.StoredItems);
    }

    [Fact]
    public void A_sample_of_torrents_stays_the_same_for_its_interval()
    {
        var one = new DhtNodeHarness(new DhtNodeSettings { QueriesPerSource = 1000 });
        byte[] token = Token(one, s_host);
        NodeId[] torrents = [.. Enumerable.Range(0, 60).Select(_ => NodeId.Random(one.Random))];
        foreach (NodeId torrent in torrents)
            AnnounceWith(one, token, s_host, torrent);

        byte[] first = one.Ask(one.Query(KrpcMethod.SampleInfoHashes, s_torrent), s_host);
        KrpcMessage answer = DhtNodeHarness.Parse(first);
        Assert.Equal(60, answer.Count);
        Assert.Equal(300, answer.Interval);
        Assert.Equal(20 * NodeId.Length, answer.Samples.Length);
        Assert.Contains(new NodeId(answer.Samples[..NodeId.Length]), torrents);
        Assert.True(answer.Samples.SequenceEqual(DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.SampleInfoHashes, s_torrent), s_host)).Samples));

        one.Leap(TimeSpan.FromMinutes(5));
        Assert.False(answer.Samples.SequenceEqual(DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.SampleInfoHashes, s_torrent), s_host)).Samples));
    }

    [Fact]
    public void A_scrape_is_answered_with_filters_of_seeds_and_others()
    {
        var one = new DhtNodeHarness();
        for (int i = 1; i <= 30; i++)
            AnnounceWith(one, Token(one, DhtNodeHarness.Host(i)), DhtNodeHarness.Host(i), isSeed: i <= 10);
        one.Introduce(s_host);
        KrpcMessage query = one.Query(KrpcMethod.GetPeers, s_torrent);
        KrpcMessage answer = DhtNodeHarness.Parse(one.Ask(
            new KrpcMessage { Kind = query.Kind, Method = query.Method, TransactionId = query.TransactionId, Id = query.Id, Target = query.Target, Scrape = true }, s_host));
        Assert.Equal(10, Count(answer.SeedFilter), 1.0);
        Assert.Equal(20, Count(answer.PeerFilter), 1.0);

        static double Count(ReadOnlySpan<byte> bytes)
        {
            var filter = new PeerBloomFilter();
            filter.UnionWith(bytes);
            return filter.EstimateCount();
        }
    }

    [Fact]
    public void Who_wants_no_seeds_is_told_of_none()
    {
        var one = new DhtNodeHarness();
        AnnounceWith(one, Token(one, DhtNodeHarness.Host(1)), DhtNodeHarness.Host(1), isSeed: true);
        AnnounceWith(one, Token(one, DhtNodeHarness.Host(2)), DhtNodeHarness.Host(2));
        var query = new KrpcMessage { Kind = KrpcKind.Query, Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = s_torrent, Target = s_torrent, NoSeed = true };
        Assert.Equal(["30.0.2.7:6881"], Peers(one.Ask(query, DhtNodeHarness.Host(2))));
    }

    [Fact]
    public void Queries_that_nobody_can_answer_are_refused_by_number()
    {
        var one = new DhtNodeHarness();
        one.Introduce(s_host);
        Assert.Equal(KrpcError.MethodUnknown, Error("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:vote1:t2:aa1:y1:qe"));
        Assert.Equal(KrpcError.Protocol, Error("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q9:find_node1:t2:aa1:y1:qe"));
        Assert.Equal(KrpcError.Protocol, Error("d1:ade1:q4:ping1:t2:aa1:y1:qe"));

        KrpcError Error(string packet)
        {
            one.Sent.Clear();
            one.Node.Receive(Encoding.ASCII.GetBytes(packet), s_host);
            return DhtNodeHarness.Parse(Assert.Single(one.Sent).Packet).ErrorCode;
        }
    }

    [Fact]
    public void An_unknown_query_about_a_point_names_the_nodes_near_it()
    {
        var one = new DhtNodeHarness();
        one.Introduce(s_host);
        one.Sent.Clear();
        one.Node.Receive(Encoding.ASCII.GetBytes("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaa6:target20:bbbbbbbbbbbbbbbbbbbbe1:q4:what1:t2:aa1:y1:qe"), s_host);
        Assert.Equal(CompactNode.IPv4Length, DhtNodeHarness.Parse(Assert.Single(one.Sent).Packet).Nodes.Length);
    }

    [Fact]
    public void A_read_only_node_asks_says_so_and_answers_nothing()
    {
        var one = new DhtNodeHarness(new DhtNodeSettings { IsReadOnly = true });
        one.Introduce(s_host);
        Assert.All(one.Sent, sent => Assert.True(DhtNodeHarness.Parse(sent.Packet).IsReadOnly));
        one.Sent.Clear();
        one.Receive(one.Query(KrpcMethod.Ping), s_host);
        Assert.Empty(one.Sent);
    }

    [Fact]
    public void Each_family_names_the_other_ones_nodes_to_who_wants_them()
    {
        var one = new DhtNodeHarness();
        var six = new DhtNodeHarness(family: System.Net.Sockets.AddressFamily.InterNetworkV6);
        one.Node.Join(six.Node);
        var host6 = new IPEndPoint(IPAddress.Parse("2001:db8:1::1"), 6881);
        six.Introduce(host6);
        one.Introduce(s_host);
        var query = new KrpcMessage { Kind = KrpcKind.Query, Method = KrpcMethod.FindNode, TransactionId = "aa"u8, Id = s_torrent, Target = s_torrent, Want = WantedNodes.IPv4 | WantedNodes.IPv6 };
        KrpcMessage answer = DhtNodeHarness.Parse(one.Ask(query, s_host));
        Assert.Equal(CompactNode.IPv4Length, answer.Nodes.Length);
        Assert.Equal(CompactNode.IPv6Length, answer.Nodes6.Length);
        KrpcMessage plain = DhtNodeHarness.Parse(six.Ask(six.Query(KrpcMethod.FindNode, s_torrent), host6));
        Assert.Equal((0, CompactNode.IPv6Length), (plain.Nodes.Length, plain.Nodes6.Length));
    }

    private static byte[] Token(DhtNodeHarness one, IPEndPoint host)
    {
        one.Introduce(host);
        return DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.GetPeers, s_torrent), host)).Token.ToArray();
    }

    private static byte[] AnnounceWith(DhtNodeHarness one, byte[] token, IPEndPoint from, NodeId? torrent = null, ushort port = 6881, bool isSeed = false) => one.Ask(
        new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = KrpcMethod.AnnouncePeer,
            TransactionId = "aa"u8,
            Id = s_torrent,
            Target = torrent ?? s_torrent,
            Token = token,
            Port = port,
            IsSeed = isSeed,
        },
        from);

    private static void Announce(DhtNodeHarness one, IPEndPoint from, ushort port) =>
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(AnnounceWith(one, Token(one, from), from, port: port)).Kind);

    private static byte[] Put(DhtNodeHarness one, byte[] value) => one.Ask(
        new KrpcMessage { Kind = KrpcKind.Query, Method = KrpcMethod.Put, TransactionId = "aa"u8, Id = s_torrent, Token = Token(one, s_host), Value = value }, s_host);

    private static List<string> Peers(byte[] packet)
    {
        List<string> peers = [];
        foreach (NodeAddress peer in new PeerValues(DhtNodeHarness.Parse(packet).Values))
            peers.Add(peer.ToString());
        return peers;
    }
}
