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
    public void A_ping_response_has_the_node_id_and_the_senders_address()
    {
        var harness = new DhtNodeHarness();
        KrpcMessage answer = DhtNodeHarness.Parse(harness.SendQuery(harness.CreateQuery(KrpcMethod.Ping), s_host));
        Assert.Equal(KrpcKind.Response, answer.Kind);
        Assert.Equal("aa", Encoding.ASCII.GetString(answer.TransactionId));
        Assert.Equal(harness.Node.Id, answer.Id);

        harness.AddHost(s_host);
        answer = DhtNodeHarness.Parse(harness.SendQuery(harness.CreateQuery(KrpcMethod.Ping), s_host));
        Assert.True(NodeAddress.TryRead(answer.ExternalAddress, out NodeAddress seen));
        Assert.Equal(s_host, seen.ToEndPoint());
    }

    [Fact]
    public void A_find_node_response_names_the_eight_closest_nodes_closest_first()
    {
        var harness = new DhtNodeHarness();
        List<NodeId> ids = [.. Enumerable.Range(1, 40).Select(i => harness.AddHost(DhtNodeHarness.Host(i)))];
        KrpcMessage answer = DhtNodeHarness.Parse(
            harness.SendQuery(harness.CreateQuery(KrpcMethod.FindNode, s_torrent), s_host));
        List<NodeId> named = [];
        foreach (CompactNode node in new CompactNodes(answer.Nodes, isIPv6: false))
            named.Add(node.Id);

        Assert.Equal(8, named.Count);
        Assert.Equal(named.Order(Comparer<NodeId>.Create(s_torrent.CompareDistance)), named);
        Assert.All(named, id => Assert.Contains(id, ids));
    }

    [Fact]
    public void An_announce_with_a_valid_token_is_stored_and_named_to_other_nodes()
    {
        var harness = new DhtNodeHarness();
        Announce(harness, s_host, 51413);
        harness.AddHost(DhtNodeHarness.Host(2));
        Assert.Equal(
            ["30.0.1.7:51413"],
            Peers(harness.SendQuery(harness.CreateQuery(KrpcMethod.GetPeers, s_torrent), DhtNodeHarness.Host(2))));
    }

    [Fact]
    public void A_token_is_invalid_from_another_host_and_after_ten_minutes()
    {
        var harness = new DhtNodeHarness();
        byte[] token = Token(harness, s_host);
        harness.AddHost(DhtNodeHarness.Host(2));
        Assert.Equal(
            KrpcError.Protocol, DhtNodeHarness.Parse(AnnounceWith(harness, token, DhtNodeHarness.Host(2))).ErrorCode);
        Assert.Equal(KrpcError.Protocol, DhtNodeHarness.Parse(AnnounceWith(harness, [1, 2, 3, 4], s_host)).ErrorCode);
        Assert.Equal(0, harness.Node.Status.StoredPeers);

        harness.AdvanceOnce(TimeSpan.FromMinutes(5));
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(AnnounceWith(harness, token, s_host)).Kind);
        harness.AdvanceOnce(TimeSpan.FromMinutes(5));
        harness.AdvanceOnce(TimeSpan.FromMinutes(5));
        Assert.Equal(KrpcKind.Error, DhtNodeHarness.Parse(AnnounceWith(harness, token, s_host)).Kind);
    }

    [Fact]
    public void Stored_peers_expire_without_further_announces()
    {
        var harness = new DhtNodeHarness();
        Announce(harness, s_host, 1);
        Assert.Equal(1, harness.Node.Status.StoredPeers);
        harness.AdvanceOnce(TimeSpan.FromMinutes(46));
        Assert.Equal(0, harness.Node.Status.StoredPeers);
        Assert.Equal(0, harness.Node.Status.StoredTorrents);
    }

    [Fact]
    public void A_flood_of_announces_does_not_exceed_the_limits_of_the_peer_store()
    {
        var settings = new DhtNodeSettings
        {
            MaxTorrents = 20,
            MaxPeers = 100,
            MaxPeersPerTorrent = 10,
            QueriesPerSource = 1_000_000,
            AnswerRate = int.MaxValue,
        };
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
    public void A_public_host_counts_as_one_peer_whatever_its_port()
    {
        var harness = new DhtNodeHarness();
        Announce(harness, s_host, 1);
        Announce(harness, s_host, 2);
        Assert.Equal(
            ["30.0.1.7:2"], Peers(harness.SendQuery(harness.CreateQuery(KrpcMethod.GetPeers, s_torrent), s_host)));
    }

    [Fact]
    public void Immutable_items_are_stored_under_their_hash_for_two_hours()
    {
        var harness = new DhtNodeHarness();
        byte[] value = Encoding.ASCII.GetBytes("12:Hello World!");
        Assert.Equal("e5f96f6f38320f0f33959cb4d3d656452117aadb", ImmutableItem.TargetOf(value).ToString());
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(Put(harness, value)).Kind);
        KrpcMessage got = DhtNodeHarness.Parse(
            harness.SendQuery(harness.CreateQuery(KrpcMethod.Get, ImmutableItem.TargetOf(value)), s_host));
        Assert.Equal(value, got.Value.ToArray());
        Assert.Equal(WriteTokens.Length, got.Token.Length);

        harness.AdvanceOnce(TimeSpan.FromHours(2));
        Assert.Equal(0, harness.Node.Status.StoredItems);
    }

    [Fact]
    public void An_item_longer_than_1000_bytes_is_refused_and_the_number_of_items_is_bounded()
    {
        var harness = new DhtNodeHarness(new DhtNodeSettings { MaxItems = 5 });
        Assert.Equal(
            KrpcError.TooBig,
            DhtNodeHarness.Parse(Put(harness, Encoding.ASCII.GetBytes($"997:{new string('x', 997)}"))).ErrorCode);
        for (int i = 0; i < 20; i++)
            Put(harness, Encoding.ASCII.GetBytes($"i{i}e"));
        Assert.Equal(5, harness.Node.Status.StoredItems);
    }

    [Fact]
    public void A_sample_of_info_hashes_is_unchanged_for_its_interval()
    {
        var harness = new DhtNodeHarness(new DhtNodeSettings { QueriesPerSource = 1000 });
        byte[] token = Token(harness, s_host);
        NodeId[] torrents = [.. Enumerable.Range(0, 60).Select(_ => NodeId.Random(harness.Random))];
        foreach (NodeId torrent in torrents)
            AnnounceWith(harness, token, s_host, torrent);

        byte[] first = harness.SendQuery(harness.CreateQuery(KrpcMethod.SampleInfoHashes, s_torrent), s_host);
        KrpcMessage answer = DhtNodeHarness.Parse(first);
        Assert.Equal(60, answer.Count);
        Assert.Equal(300, answer.Interval);
        Assert.Equal(20 * NodeId.Length, answer.Samples.Length);
        Assert.Contains(new NodeId(answer.Samples[..NodeId.Length]), torrents);
        byte[] second = harness.SendQuery(harness.CreateQuery(KrpcMethod.SampleInfoHashes, s_torrent), s_host);
        Assert.True(answer.Samples.SequenceEqual(DhtNodeHarness.Parse(second).Samples));

        harness.AdvanceOnce(TimeSpan.FromMinutes(5));
        byte[] later = harness.SendQuery(harness.CreateQuery(KrpcMethod.SampleInfoHashes, s_torrent), s_host);
        Assert.False(answer.Samples.SequenceEqual(DhtNodeHarness.Parse(later).Samples));
    }

    [Fact]
    public void A_scrape_response_has_bloom_filters_of_seeds_and_other_peers()
    {
        var harness = new DhtNodeHarness();
        for (int i = 1; i <= 30; i++)
            AnnounceWith(harness, Token(harness, DhtNodeHarness.Host(i)), DhtNodeHarness.Host(i), isSeed: i <= 10);
        harness.AddHost(s_host);
        KrpcMessage query = harness.CreateQuery(KrpcMethod.GetPeers, s_torrent);
        KrpcMessage answer = DhtNodeHarness.Parse(harness.SendQuery(
            new KrpcMessage
            {
                Kind = query.Kind,
                Method = query.Method,
                TransactionId = query.TransactionId,
                Id = query.Id,
                Target = query.Target,
                Scrape = true,
            },
            s_host));
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
    public void A_query_with_noseed_gets_no_seeds()
    {
        var harness = new DhtNodeHarness();
        AnnounceWith(harness, Token(harness, DhtNodeHarness.Host(1)), DhtNodeHarness.Host(1), isSeed: true);
        AnnounceWith(harness, Token(harness, DhtNodeHarness.Host(2)), DhtNodeHarness.Host(2));
        var query = new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = KrpcMethod.GetPeers,
            TransactionId = "aa"u8,
            Id = s_torrent,
            Target = s_torrent,
            NoSeed = true,
        };
        Assert.Equal(["30.0.2.7:6881"], Peers(harness.SendQuery(query, DhtNodeHarness.Host(2))));
    }

    [Fact]
    public void Invalid_queries_get_an_error_code()
    {
        var harness = new DhtNodeHarness();
        harness.AddHost(s_host);
        Assert.Equal(KrpcError.MethodUnknown, Error("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:vote1:t2:aa1:y1:qe"));
        Assert.Equal(KrpcError.Protocol, Error("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q9:find_node1:t2:aa1:y1:qe"));
        Assert.Equal(KrpcError.Protocol, Error("d1:ade1:q4:ping1:t2:aa1:y1:qe"));

        KrpcError Error(string packet)
        {
            harness.Sent.Clear();
            harness.Node.Receive(Encoding.ASCII.GetBytes(packet), s_host);
            return DhtNodeHarness.Parse(Assert.Single(harness.Sent).Packet).ErrorCode;
        }
    }

    [Fact]
    public void A_query_with_an_unknown_method_and_a_target_gets_the_closest_nodes()
    {
        var harness = new DhtNodeHarness();
        harness.AddHost(s_host);
        harness.Sent.Clear();
        harness.Node.Receive(
            Encoding.ASCII.GetBytes(
                "d1:ad2:id20:aaaaaaaaaaaaaaaaaaaa6:target20:bbbbbbbbbbbbbbbbbbbbe1:q4:what1:t2:aa1:y1:qe"),
            s_host);
        Assert.Equal(CompactNode.IPv4Length, DhtNodeHarness.Parse(Assert.Single(harness.Sent).Packet).Nodes.Length);
    }

    [Fact]
    public void A_read_only_node_marks_its_queries_and_answers_none()
    {
        var harness = new DhtNodeHarness(new DhtNodeSettings { IsReadOnly = true });
        harness.AddHost(s_host);
        Assert.All(harness.Sent, sent => Assert.True(DhtNodeHarness.Parse(sent.Packet).IsReadOnly));
        harness.Sent.Clear();
        harness.Receive(harness.CreateQuery(KrpcMethod.Ping), s_host);
        Assert.Empty(harness.Sent);
    }

    [Fact]
    public void A_query_with_want_gets_nodes_of_both_address_families()
    {
        var harness = new DhtNodeHarness();
        var six = new DhtNodeHarness(family: System.Net.Sockets.AddressFamily.InterNetworkV6);
        harness.Node.Join(six.Node);
        var host6 = new IPEndPoint(IPAddress.Parse("2001:db8:1::1"), 6881);
        six.AddHost(host6);
        harness.AddHost(s_host);
        var query = new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = KrpcMethod.FindNode,
            TransactionId = "aa"u8,
            Id = s_torrent,
            Target = s_torrent,
            Want = WantedNodes.IPv4 | WantedNodes.IPv6,
        };
        KrpcMessage answer = DhtNodeHarness.Parse(harness.SendQuery(query, s_host));
        Assert.Equal(CompactNode.IPv4Length, answer.Nodes.Length);
        Assert.Equal(CompactNode.IPv6Length, answer.Nodes6.Length);
        KrpcMessage plain = DhtNodeHarness.Parse(six.SendQuery(six.CreateQuery(KrpcMethod.FindNode, s_torrent), host6));
        Assert.Equal((0, CompactNode.IPv6Length), (plain.Nodes.Length, plain.Nodes6.Length));
    }

    private static byte[] Token(DhtNodeHarness harness, IPEndPoint host)
    {
        harness.AddHost(host);
        return DhtNodeHarness.Parse(
            harness.SendQuery(harness.CreateQuery(KrpcMethod.GetPeers, s_torrent), host)).Token.ToArray();
    }

    private static byte[] AnnounceWith(
        DhtNodeHarness harness,
        byte[] token,
        IPEndPoint from,
        NodeId? torrent = null,
        ushort port = 6881,
        bool isSeed = false) => harness.SendQuery(
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

    private static void Announce(DhtNodeHarness harness, IPEndPoint from, ushort port) =>
        Assert.Equal(
            KrpcKind.Response,
            DhtNodeHarness.Parse(AnnounceWith(harness, Token(harness, from), from, port: port)).Kind);

    private static byte[] Put(DhtNodeHarness harness, byte[] value) => harness.SendQuery(
        new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = KrpcMethod.Put,
            TransactionId = "aa"u8,
            Id = s_torrent,
            Token = Token(harness, s_host),
            Value = value,
        },
        s_host);

    private static List<string> Peers(byte[] packet)
    {
        List<string> peers = [];
        foreach (NodeAddress peer in new PeerValues(DhtNodeHarness.Parse(packet).Values))
            peers.Add(peer.ToString());
        return peers;
    }
}
