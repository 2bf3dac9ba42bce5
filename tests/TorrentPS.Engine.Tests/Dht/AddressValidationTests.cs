using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Stores;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Tests.Dht;

public class AddressValidationTests
{
    private static readonly NodeId s_target = NodeId.Random(new Random(5));

    [Fact]
    public void An_unvalidated_source_gets_no_more_bytes_than_it_sent()
    {
        DhtNodeHarness harness = Filled();
        var random = new Random(3);
        var received = new Dictionary<IPEndPoint, int>();
        harness.Sent.Clear();
        for (int i = 0; i < 2000; i++)
        {
            IPEndPoint victim = DhtNodeHarness.Host(1000 + random.Next(100));
            int bytes = harness.Receive(AnyQuery(harness, random), victim);
            received[victim] = received.GetValueOrDefault(victim) + bytes;
            harness.Advance(TimeSpan.FromMilliseconds(random.Next(3) * 100));
        }

        foreach (var sent in harness.Sent.Where(sent => received.ContainsKey(sent.To)).GroupBy(sent => sent.To))
            Assert.True(
                sent.Sum(packet => packet.Packet.Length) <= received[sent.Key],
                $"{sent.Key} was sent more than came from it.");
        Assert.Contains(harness.Sent, sent => received.ContainsKey(sent.To));
    }

    [Fact]
    public void A_query_is_answered_in_full_after_its_source_answers_a_ping()
    {
        DhtNodeHarness harness = Filled();
        IPEndPoint source = DhtNodeHarness.Host(500);
        byte[] ping = harness.SendQuery(harness.CreateQuery(KrpcMethod.GetPeers, s_target), source);
        Assert.True(DhtNodeHarness.IsQuery(ping, KrpcMethod.Ping));
        harness.Sent.Clear();
        Assert.True(Answer(harness, ping, source));
        KrpcMessage answer = DhtNodeHarness.Parse(Assert.Single(harness.Sent).Packet);
        Assert.Equal(8 * CompactNode.IPv4Length, answer.Nodes.Length);
        Assert.Equal(WriteTokens.Length, answer.Token.Length);

        // Later queries are answered at once.
        KrpcMessage findNode = harness.CreateQuery(KrpcMethod.FindNode, s_target);
        Assert.Equal(
            8 * CompactNode.IPv4Length,
            DhtNodeHarness.Parse(harness.SendQuery(findNode, source)).Nodes.Length);
    }

    [Fact]
    public void A_read_only_source_gets_an_answer_within_its_quota()
    {
        DhtNodeHarness harness = Filled();
        IPEndPoint source = DhtNodeHarness.Host(500);
        KrpcMessage query = harness.CreateQuery(KrpcMethod.GetPeers, s_target);
        query = new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = KrpcMethod.GetPeers,
            TransactionId = "aa"u8,
            Id = query.Id,
            Target = s_target,
            IsReadOnly = true,
            Version = "LT\x01\x02"u8,
        };
        byte[] answer = harness.SendQuery(query, source);
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(answer).Kind);
        Assert.Equal(WriteTokens.Length, DhtNodeHarness.Parse(answer).Token.Length);
        Assert.True(DhtNodeHarness.Parse(answer).Nodes.Length >= CompactNode.IPv4Length);
        Assert.True(answer.Length <= query.Write(new byte[KrpcMessage.MaxLength]));
    }

    [Fact]
    public void A_valid_token_validates_its_source()
    {
        DhtNodeHarness harness = Filled();
        IPEndPoint source = DhtNodeHarness.Host(500);
        var ask = new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = KrpcMethod.GetPeers,
            TransactionId = "aa"u8,
            Id = s_target,
            Target = s_target,
            IsReadOnly = true,
        };
        byte[] token = DhtNodeHarness.Parse(harness.SendQuery(ask, source)).Token.ToArray();
        harness.SendQuery(
            new KrpcMessage
            {
                Kind = KrpcKind.Query,
                Method = KrpcMethod.AnnouncePeer,
                TransactionId = "aa"u8,
                Id = s_target,
                Target = s_target,
                Token = token,
                Port = 1,
                IsReadOnly = true,
            },
            source);
        Assert.Equal(8 * CompactNode.IPv4Length, DhtNodeHarness.Parse(harness.SendQuery(ask, source)).Nodes.Length);
    }

    [Fact]
    public void A_response_counts_only_from_the_queried_address()
    {
        var harness = new DhtNodeHarness();
        harness.Node.AddNode(DhtNodeHarness.Host(1));
        harness.Advance(TimeSpan.FromMilliseconds(100));
        byte[] ping = Assert.Single(harness.Sent).Packet;
        Assert.True(Answer(harness, ping, DhtNodeHarness.Host(2)));
        Assert.Equal(0, harness.Node.NodeCount);
        Assert.True(Answer(harness, ping, DhtNodeHarness.Host(1)));
        Assert.Equal(1, harness.Node.NodeCount);
    }

    [Fact]
    public void A_source_above_the_query_rate_is_not_answered_until_its_quota_recovers()
    {
        var harness = new DhtNodeHarness(new DhtNodeSettings { QueriesPerSource = 2 });
        harness.AddHost(DhtNodeHarness.Host(1));
        harness.Sent.Clear();
        for (int i = 0; i < 500; i++)
            harness.Receive(harness.CreateQuery(KrpcMethod.Ping), DhtNodeHarness.Host(1));
        Assert.Equal(40, harness.Sent.Count);
        Assert.Equal(460, harness.Node.Status.Dropped);
        harness.Receive(harness.CreateQuery(KrpcMethod.Ping), DhtNodeHarness.Host(2));
        Assert.Equal(41, harness.Sent.Count);

        harness.AdvanceOnce(TimeSpan.FromSeconds(5));
        harness.Sent.Clear();
        for (int i = 0; i < 50; i++)
            harness.Receive(harness.CreateQuery(KrpcMethod.Ping), DhtNodeHarness.Host(1));
        Assert.Equal(10, harness.Sent.Count(sent => sent.To.Equals(DhtNodeHarness.Host(1))));
    }

    [Theory]
    [InlineData(1, 0.45)]
    [InlineData(200, 90)]
    public void A_node_that_announces_a_thousand_torrents_every_15_minutes_is_always_answered(
        int atOnce, double secondsBetween)
    {
        const int perInterval = 2 * 1000, intervals = 4;
        var harness = new DhtNodeHarness();
        harness.AddHost(DhtNodeHarness.Host(1));

        for (int sent = 0; sent < intervals * perInterval; sent += atOnce)
        {
            for (int i = 0; i < atOnce; i++)
                harness.Receive(harness.CreateQuery(KrpcMethod.Ping), DhtNodeHarness.Host(1));
            harness.AdvanceOnce(TimeSpan.FromSeconds(secondsBetween));
        }

        Assert.Equal(0, harness.Node.Status.Dropped);
    }

    [Fact]
    public void All_answers_together_stay_within_the_answer_rate()
    {
        DhtNodeHarness harness = Filled(new DhtNodeSettings { AnswerRate = 10_000 });
        harness.AdvanceOnce(TimeSpan.FromSeconds(2));
        harness.Sent.Clear();
        for (int second = 0; second < 10; second++)
        {
            for (int i = 0; i < 1000; i++)
                harness.Receive(harness.CreateQuery(KrpcMethod.FindNode, s_target), DhtNodeHarness.Host(1 + (i % 40)));
            harness.AdvanceOnce(TimeSpan.FromSeconds(1));
        }

        int bytes = harness.Sent.Where(
            sent => DhtNodeHarness.Parse(sent.Packet).Kind == KrpcKind.Response).Sum(sent => sent.Packet.Length);
        Assert.InRange(bytes, 90_000, 105_000);
    }

    private static bool Answer(DhtNodeHarness harness, byte[] ping, IPEndPoint from)
    {
        KrpcMessage message = DhtNodeHarness.Parse(ping);
        return harness.Receive(
            new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = message.TransactionId,
                Id = SecureNodeId.Generate(new NodeAddress(from), new Random(9)),
            },
            from) > 0;
    }

    private static DhtNodeHarness Filled(DhtNodeSettings? settings = null)
    {
        var harness = new DhtNodeHarness(settings);
        for (int i = 1; i <= 40; i++)
            harness.AddHost(DhtNodeHarness.Host(i));
        return harness;
    }

    private static KrpcMessage AnyQuery(DhtNodeHarness harness, Random random)
    {
        var method = (KrpcMethod)random.Next(0, 8);
        return new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = method,
            TransactionId = "abcdefgh"u8[..random.Next(1, 9)],
            Version = random.Next(2) == 0 ? "LT\x01\x02"u8 : default,
            Id = random.Next(10) == 0 ? null : NodeId.Random(harness.Random),
            Target = random.Next(10) == 0 ? null : NodeId.Random(harness.Random),
            IsReadOnly = random.Next(3) == 0,
            Scrape = random.Next(3) == 0,
            Token = random.Next(2) == 0 ? "abcd"u8 : default,
            Port = 5,
            Want = (WantedNodes)random.Next(4),
            Value = method == KrpcMethod.Put ? "5:abcde"u8 : default,
        };
    }
}
