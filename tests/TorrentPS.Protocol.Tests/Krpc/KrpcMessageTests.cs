using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Protocol.Tests.Krpc;

public class KrpcMessageTests
{
    private static readonly byte[] s_id = Encoding.Latin1.GetBytes("abcdefghij0123456789");
    private static readonly byte[] s_target = Encoding.Latin1.GetBytes("mnopqrstuvwxyz123456");

    private static readonly string[] s_examples =
    [
        "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe",
        "d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re",
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe",
        "d1:rd2:id20:0123456789abcdefghij5:nodes9:def456...e1:t2:aa1:y1:re",
        "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe",
        "d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re",
        "d1:rd2:id20:abcdefghij01234567895:nodes9:def456...5:token8:aoeusnthe1:t2:aa1:y1:re",
        "d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e"
        + "5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe",
        "d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee",
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz1234564:wantl2:n42:n6ee1:q9:find_node1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234566:noseedi1e6:scrapei1ee1:q9:get_peers"
        + "2:roi1e1:t2:aa1:v4:LT201:y1:qe",
        "d1:ad2:id20:abcdefghij01234567895:token4:abcd1:vd1:ai1e1:bl1:xeee1:q3:put1:t2:aa1:y1:qe",
        "d2:ip6:abcdef1:rd2:id20:abcdefghij01234567896:nodes65:nodes1:v12:Hello World!e1:t2:aa1:y1:re",
        "d1:rd2:id20:abcdefghij01234567898:intervali300e5:nodes0:3:numi17e7:samples0:e1:t2:aa1:y1:re",
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q17:sample_infohashes1:t2:aa1:y1:qe",
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q3:get1:t2:aa1:y1:qe",
    ];

    public static TheoryData<string> Examples => new(s_examples);

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_parsed_message_is_written_back_byte_for_byte(string packet)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(packet);
        Assert.True(KrpcMessage.TryParse(bytes, out KrpcMessage message));
        byte[] buffer = new byte[KrpcMessage.MaxLength];

        // An empty string equals an absent entry; only empty samples are written.
        Assert.Equal(
            packet.Replace("5:nodes0:", "", StringComparison.Ordinal),
            Encoding.Latin1.GetString(buffer.AsSpan(0, message.Write(buffer))));
    }

    [Fact]
    public void The_entries_of_a_query_are_parsed()
    {
        KrpcMessage message = Parse(
            "d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e"
            + "4:seedi1e5:token8:aoeusnthe1:q13:announce_peer2:roi1e1:t2:aa1:v4:LT201:y1:qe");
        Assert.Equal(KrpcKind.Query, message.Kind);
        Assert.Equal(KrpcMethod.AnnouncePeer, message.Method);
        Assert.Equal(new NodeId(s_id), message.Id);
        Assert.Equal(new NodeId(s_target), message.Target);
        Assert.Equal((ushort)6881, message.Port);
        Assert.True(message.ImpliedPort && message.IsSeed && message.IsReadOnly);
        Assert.Equal("aoeusnth", Encoding.Latin1.GetString(message.Token));
        Assert.Equal("LT20", Encoding.Latin1.GetString(message.Version));
    }

    [Fact]
    public void The_peers_and_nodes_of_a_response_are_parsed()
    {
        KrpcMessage message = Parse(
            "d1:rd2:id20:abcdefghij01234567895:nodes28:mnopqrstuvwxyz123456\u0001\u0002\u0003\u0004\u001a\u00e1xx"
            + "6:valuesl6:\u000a\u0000\u0000\u0001\u0000\u00502:xxli1ee"
            + "6:\u000a\u0000\u0000\u0002\u0000\u0051ee1:t2:aa1:y1:re");
        var peers = new List<string>();
        foreach (NodeAddress peer in new PeerValues(message.Values))
            peers.Add(peer.ToString());
        Assert.Equal(["10.0.0.1:80", "10.0.0.2:81"], peers);

        var nodes = new List<CompactNode>();
        foreach (CompactNode node in new CompactNodes(message.Nodes, isIPv6: false))
            nodes.Add(node);
        Assert.Equal("1.2.3.4:6881", Assert.Single(nodes).Address.ToString());
        Assert.Equal(new NodeId(s_target), nodes[0].Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("de")]
    [InlineData("d1:t2:aa1:y1:qe1")]
    [InlineData("d1:t2:aae")]
    [InlineData("d1:y1:qe")]
    [InlineData("d1:t0:1:y1:qe")]
    [InlineData("d1:t33:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1:y1:qe")]
    [InlineData("d1:t2:aa1:y1:xe")]
    [InlineData("d1:t2:aa1:t2:ab1:y1:qe")]
    [InlineData("d1:ad2:id20:abcde1:t2:aa1:y1:qe")]
    [InlineData("l1:ae")]
    public void Malformed_messages_are_refused(string packet) =>
        Assert.False(KrpcMessage.TryParse(Encoding.Latin1.GetBytes(packet), out _));

    [Fact]
    public void A_packet_longer_than_the_limit_is_refused() =>
        Assert.False(
            KrpcMessage.TryParse(Encoding.Latin1.GetBytes($"d1:t2:aa1:x1500:{new string('x', 1500)}1:y1:qe"), out _));

    [Fact]
    public void Entries_of_the_wrong_type_or_length_count_as_absent()
    {
        KrpcMessage message = Parse(
            "d1:ad2:id3:abc9:info_hashi7e4:porti65536e4:seed1:15:tokenle4:wanti4ee2:ipi1e1:qi1e1:t2:aa"
            + "1:vd1:a1:be1:y1:qe");
        Assert.Null(message.Id);
        Assert.Null(message.Target);
        Assert.Null(message.Port);
        Assert.False(message.IsSeed);
        Assert.Equal(KrpcMethod.Unknown, message.Method);
        Assert.Equal(0, message.Token.Length + message.Version.Length + message.ExternalAddress.Length);
    }

    [Fact]
    public void A_message_that_does_not_fit_is_not_written()
    {
        var message = new KrpcMessage { Kind = KrpcKind.Response, TransactionId = "aa"u8, Id = new NodeId(s_id) };
        Assert.Equal(47, message.Write(new byte[47]));
        Assert.Equal(0, message.Write(new byte[46]));
    }

    [Fact]
    public void Mutated_messages_are_refused_or_parsed_without_exceptions() =>
        Prop.ForAll<NonNegativeInt, int>((which, seed) =>
        {
            byte[] packet = Mutation.Of(Encoding.Latin1.GetBytes(s_examples[which.Get % s_examples.Length]), seed);
            if (!KrpcMessage.TryParse(packet, out KrpcMessage message))
                return true;

            // The lists of a parsed message can be enumerated, and the message is unchanged after writing and parsing.
            int walked = 0;
            foreach (NodeAddress peer in new PeerValues(message.Values))
                walked += PeerValues.LengthOf(peer);
            foreach (CompactNode node in new CompactNodes(message.Nodes, isIPv6: false))
                walked += CompactNode.IPv4Length;
            byte[] buffer = new byte[KrpcMessage.MaxLength];
            byte[] again = new byte[KrpcMessage.MaxLength];
            int length = message.Write(buffer);
            return walked <= packet.Length && KrpcMessage.TryParse(buffer.AsSpan(0, length), out KrpcMessage second)
                && second.Write(again) == length && buffer.AsSpan(0, length).SequenceEqual(again.AsSpan(0, length));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void Arbitrary_bytes_are_refused_or_parsed_without_exceptions() =>
        Prop.ForAll<byte[]>(bytes => KrpcMessage.TryParse(bytes, out _) || true).QuickCheckThrowOnFailure();

    private static KrpcMessage Parse(string packet)
    {
        Assert.True(KrpcMessage.TryParse(Encoding.Latin1.GetBytes(packet), out KrpcMessage message));
        return message;
    }
}
