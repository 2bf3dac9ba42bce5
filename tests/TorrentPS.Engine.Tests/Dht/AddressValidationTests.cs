using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Stores;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Tests.Dht;

public class AddressValidationTests
{
    private static readonly NodeId s_target = NodeId.Random(new Random(5));

    [Fact]
    public void Whatever_comes_from_a_source_it_gets_no_more_bytes_than_it_sent_until_it_proved_itself()
    {
        DhtNodeHarness one = Filled();
        var random = new Random(3);
        var received = new Dictionary<IPEndPoint, int>();
        one.Sent.Clear();
        for (int i = 0; i < 2000; i++)
        {
            IPEndPoint victim = DhtNodeHarness.Host(1000 + random.Next(100));
            int bytes = one.Receive(AnyQuery(one, random), victim);
            received[victim] = received.GetValueOrDefault(victim) + bytes;
            one.Advance(TimeSpan.FromMilliseconds(random.Next(3) * 100));
        }

        foreach (var sent in one.Sent.Where(sent => received.ContainsKey(sent.To)).GroupBy(sent => sent.To))
            Assert.True(sent.Sum(one => one.Packet.Length) <= received[sent.Key], $"{sent.Key} was sent more than came from it.");
        Assert.Contains(one.Sent, sent => received.ContainsKey(sent.To));
    }

    [Fact]
    public void A_strangers_query_is_answered_in_full_when_it_answered_our_ping()
    {
        DhtNodeHarness one = Filled();
        IPEndPoint stranger = DhtNodeHarness.Host(500);
        byte[] ping = one.Ask(one.Query(KrpcMethod.GetPeers, s_target), stranger);
        Assert.True(DhtNodeHarness.Is(ping, KrpcMethod.Ping));
        one.Sent.Clear();
        Assert.True(Answer(one, ping, stranger));
        KrpcMessage answer = DhtNodeHarness.Parse(Assert.Single(one.Sent).Packet);
        Assert.Equal(8 * CompactNode.IPv4Length, answer.Nodes.Length);
        Assert.Equal(WriteTokens.Length, answer.Token.Length);

        // From then on at once.
        Assert.Equal(8 * CompactNode.IPv4Length, DhtNodeHarness.Parse(one.Ask(one.Query(KrpcMethod.FindNode, s_target), stranger)).Nodes.Length);
    }

    [Fact]
    public void A_stranger_that_answers_no_ping_gets_what_its_own_bytes_pay_for()
    {
        DhtNodeHarness one = Filled();
        IPEndPoint stranger = DhtNodeHarness.Host(500);
        KrpcMessage query = one.Query(KrpcMethod.GetPeers, s_target);
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
        byte[] answer = one.Ask(query, stranger);
        Assert.Equal(KrpcKind.Response, DhtNodeHarness.Parse(answer).Kind);
        Assert.Equal(WriteTokens.Length, DhtNodeHarness.Parse(answer).Token.Length);
        Assert.True(DhtNodeHarness.Parse(answer).Nodes.Length >= CompactNode.IPv4Length);
        Assert.True(answer.Length <= query.Write(new byte[KrpcMessage.MaxLength]));
    }

    [Fact]
    public void A_valid_token_proves_its_sender()
    {
        DhtNodeHarness one = Filled();
        IPEndPoint stranger = DhtNodeHarness.Host(500);
        var ask = new KrpcMessage { Kind = KrpcKind.Query, Method = KrpcMethod.GetPeers, TransactionId = "aa"u8, Id = s_target, Target = s_target, IsReadOnly = true };
        byte[] token = DhtNodeHarness.Parse(one.Ask(ask, stranger)).Token.ToArray();
        one.Ask(
            new KrpcMessage { Kind = KrpcKind.Query, Method = KrpcMethod.AnnouncePeer, TransactionId = "aa"u8, Id = s_target, Target = s_target, Token = token, Port = 1, IsReadOnly = true },
            stranger);
        Assert.Equal(8 * CompactNode.IPv4Length, DhtNodeHarness.Parse(one.Ask(ask, stranger)).Nodes.Length);
    }

    [Fact]
    public void A_response_counts_only_from_the_address_that_was_asked()
    {
        var one = new DhtNodeHarness();
        one.Node.AddNode(DhtNodeHarness.Host(1));
        one.Advance(TimeSpan.FromMilliseconds(100));
        byte[] ping = Assert.Single(one.Sent).Packet;
        Assert.True(Answer(one, ping, DhtNodeHarness.Host(2)));
        Assert.Equal(0, one.Node.NodeCount);
        Assert.True(Answer(one, ping, DhtNodeHarness.Host(1)));
        Assert.Equal(1, one.Node.NodeCount);
    }

    [Fact]
    public void A_source_that_asks_too_often_is_not_answered_until_it_calmed_down()
    {
        var one = new DhtNodeHarness(new DhtNodeSettings { QueriesPerSource = 2 });
        one.Introduce(DhtNodeHarness.Host(1));
        one.Sent.Clear();
        for (int i = 0; i < 500; i++)
            one.Receive(one.Query(KrpcMethod.Ping), DhtNodeHarness.Host(1));
        Assert.Equal(40, one.Sent.Count);
        Assert.Equal(460, one.Node.Status.Dropped);
        one.Receive(one.Query(KrpcMethod.Ping), DhtNodeHarness.Host(2));
        Assert.Equal(41, one.Sent.Count);

        one.Leap(TimeSpan.FromSeconds(5));
        one.Sent.Clear();
        for (int i = 0; i < 50; i++)
            one.Receive(one.Query(KrpcMethod.Ping), DhtNodeHarness.Host(1));
        Assert.Equal(10, one.Sent.Count(sent => sent.To.Equals(DhtNodeHarness.Host(1))));
    }

    [Fact]
    public void All_answers_together_keep_to_the_rate()
    {
        DhtNodeHarness one = Filled(new DhtNodeSettings { AnswerRate = 10_000 });
        one.Leap(TimeSpan.FromSeconds(2));
        one.Sent.Clear();
        for (int second = 0; second < 10; second++)
        {
            for (int i = 0; i < 1000; i++)
                one.Receive(one.Query(KrpcMethod.FindNode, s_target), DhtNodeHarness.Host(1 + (i % 40)));
            one.Leap(TimeSpan.FromSeconds(1));
        }

        int bytes = one.Sent.Where(sent => DhtNodeHarness.Parse(sent.Packet).Kind == KrpcKind.Response).Sum(sent => sent.Packet.Length);
        Assert.InRange(bytes, 90_000, 105_000);
    }

    private static bool Answer(DhtNodeHarness one, byte[] ping, IPEndPoint from)
    {
        KrpcMessage message = DhtNodeHarness.Parse(ping);
        return one.Receive(new KrpcMessage { Kind = KrpcKind.Response, TransactionId = message.TransactionId, Id = SecureNodeId.Generate(new NodeAddress(from), new Random(9)) }, from) > 0;
    }

    private static DhtNodeHarness Filled(DhtNodeSettings? settings = null)
    {
        var one = new DhtNodeHarness(settings);
        for (int i = 1; i <= 40; i++)
            one.Introduce(DhtNodeHarness.Host(i));
        return one;
    }

    private static KrpcMessage AnyQuery(DhtNodeHarness one, Random random)
    {
        var method = (KrpcMethod)random.Next(0, 8);
        return new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = method,
            TransactionId = "abcdefgh"u8[..random.Next(1, 9)],
            Version = random.Next(2) == 0 ? "LT\x01\x02"u8 : default,
            Id = random.Next(10) == 0 ? null : NodeId.Random(one.Random),
            Target = random.Next(10) == 0 ? null : NodeId.Random(one.Random),
            IsReadOnly = random.Next(3) == 0,
            Scrape = random.Next(3) == 0,
            Token = random.Next(2) == 0 ? "abcd"u8 : default,
            Port = 5,
            Want = (WantedNodes)random.Next(4),
            Value = method == KrpcMethod.Put ? "5:abcde"u8 : default,
        };
    }
}
