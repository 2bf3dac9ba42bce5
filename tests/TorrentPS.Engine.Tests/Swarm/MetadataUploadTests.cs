using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Uploads of the info dictionary (BEP 9), within limits per peer.</summary>
public sealed class MetadataUploadTests
{
    private const byte TheirId = 7;

    private static readonly byte[] s_info = [.. Enumerable.Range(
        0, (2 * MetadataMessage.PieceLength) + 100).Select(i => (byte)(i * 7))];

    [Fact]
    public void The_size_is_announced_and_each_piece_is_sent()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = Greet(swarm.Connect(1));

        Ask(peer, 2, 0, 1);

        ExtensionHandshake greeting = ExtensionHandshake.Parse(
            peer.Inbox.First(sent => sent.Id == PeerMessageId.Extended).Body);
        Assert.Equal(s_info.Length, greeting.MetadataSize);
        Assert.Equal(MetadataUploadHandler.MessageId, greeting.Messages[MetadataMessage.ExtensionName]);
        MetadataMessage[] given = Given(peer);
        Assert.Equal([2, 0, 1], given.Select(message => message.Piece));
        Assert.All(given, message => Assert.Equal(
            (MetadataMessageType.Data, s_info.Length), (message.Type, message.TotalSize)));
        Assert.Equal(s_info, given.OrderBy(message => message.Piece).SelectMany(message => message.Data.ToArray()));
    }

    [Fact]
    public void A_private_torrent_sends_it_too()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: settings => settings with { Metadata = s_info, IsPrivate = true }).Start();
        FakePeer peer = Greet(swarm.Connect(1));

        Ask(peer, 0);

        Assert.Equal(MetadataMessageType.Data, Assert.Single(Given(peer)).Type);
    }

    [Fact]
    public void Many_peers_of_one_address_may_fetch_it_and_leave_but_not_without_limit()
    {
        using SwarmFixture swarm = Open();
        int welcomed = 0;
        for (int i = 0; i < 100; i++)
        {
            FakePeer visitor = swarm.Connect(1, at: SwarmFixture.At(1, 5000 + i));
            if (visitor.ClosedFor is null)
            {
                welcomed++;
                Ask(Greet(visitor), 0, 1, 2);
            }

            visitor.Leave();
            swarm.Pass(0.5);
        }

        Assert.InRange(welcomed, 15, 30);
    }

    [Fact]
    public void Peers_that_fetch_more_than_one_copy_are_penalised_like_useless_ones()
    {
        using SwarmFixture swarm = Open();
        int welcomed = 0;
        for (int i = 0; i < 20; i++)
        {
            FakePeer visitor = swarm.Connect(1, at: SwarmFixture.At(1, 5000 + i));
            if (visitor.ClosedFor is null)
            {
                welcomed++;
                Ask(Greet(visitor), 0, 1, 2, 0);
            }

            visitor.Leave();
            swarm.Pass(0.5);
        }

        Assert.InRange(welcomed, 3, 8);
    }

    [Fact]
    public void A_piece_that_does_not_exist_is_refused()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = Greet(swarm.Connect(1));

        Ask(peer, 3, int.MaxValue);

        Assert.Equal([(MetadataMessageType.Reject, 3), (MetadataMessageType.Reject, int.MaxValue)], Given(
            peer).Select(message => (message.Type, message.Piece)));
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void Four_copies_are_given_to_one_peer_and_no_byte_more_however_it_asks()
    {
        using SwarmFixture swarm = Open();
        FakePeer greedy = Greet(swarm.Connect(1));
        FakePeer other = Greet(swarm.Connect(2));
        for (int copy = 0; copy < 4; copy++)
            Ask(greedy, 0, 1, 2);
        Assert.All(Given(greedy), message => Assert.Equal(MetadataMessageType.Data, message.Type));

        Ask(greedy, 0, 1, 2);
        Ask(other, 0, 1, 2);

        Assert.Equal(4 * s_info.Length, Given(greedy).Sum(message => message.Data.Length));
        Assert.All(Given(greedy)[12..], message => Assert.Equal(MetadataMessageType.Reject, message.Type));
        Assert.All(Given(other), message => Assert.Equal(MetadataMessageType.Data, message.Type));
    }

    [Fact]
    public void A_peer_that_keeps_requesting_after_rejects_is_disconnected()
    {
        using SwarmFixture swarm = Open();
        FakePeer flooder = Greet(swarm.Connect(1));

        for (int i = 0; i < 10_000 && flooder.ClosedFor is null; i++)
            Ask(flooder, 0);

        Assert.Equal(DisconnectReason.ProtocolError, flooder.ClosedFor);
        Assert.Equal(256, Given(flooder).Count(message => message.Type == MetadataMessageType.Reject));
        Assert.InRange(Given(flooder).Sum(message => message.Data.Length), 1, 4 * s_info.Length);
    }

    [Fact]
    public void Requests_wait_while_too_much_is_queued_for_the_peer()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = Greet(swarm.Connect(1));
        peer.QueuedBytes = 256 * 1024;
        Ask(peer, 0, 1, 2);
        swarm.Pass(1);
        Assert.Empty(Given(peer));

        peer.QueuedBytes = 0;
        swarm.Pass(0.25);

        Assert.Equal([0, 1, 2], Given(peer).Select(message => message.Piece));
        swarm.Pass(1);
        Assert.Equal(3, Given(peer).Length);
    }

    [Fact]
    public void Waiting_requests_are_limited_and_further_ones_rejected()
    {
        using SwarmFixture swarm = Open();
        FakePeer flooder = Greet(swarm.Connect(1));
        flooder.QueuedBytes = 256 * 1024;

        Ask(flooder, [.. Enumerable.Repeat(0, 256)]);
        Assert.Empty(Given(flooder));
        for (int i = 0; i < 10_000 && flooder.ClosedFor is null; i++)
            Ask(flooder, 0);

        Assert.Equal(DisconnectReason.ProtocolError, flooder.ClosedFor);
        Assert.All(Given(flooder), message => Assert.Equal(MetadataMessageType.Reject, message.Type));
        Assert.Equal(256, Given(flooder).Length);
    }

    [Fact]
    public void Waiting_requests_of_a_peer_that_leaves_are_dropped()
    {
        using SwarmFixture swarm = Open();
        FakePeer leaver = Greet(swarm.Connect(1));
        leaver.QueuedBytes = 256 * 1024;
        Ask(leaver, 0);

        leaver.Leave();
        leaver.QueuedBytes = 0;
        swarm.Pass(1);

        Assert.Empty(Given(leaver));
    }

    [Fact]
    public void A_peer_without_the_extension_gets_no_messages_and_late_answers_are_no_violation()
    {
        using SwarmFixture swarm = Open();
        FakePeer silent = swarm.Connect(1);
        FakePeer late = Greet(swarm.Connect(2));

        Ask(silent, 0);
        Say(late, new MetadataMessage
        {
            Type =
            MetadataMessageType.Data,
            Piece = 0,
            TotalSize = s_info.Length,
            Data = s_info.AsMemory(0, 100)
        }.Encode());
        Say(late, new MetadataMessage { Type = MetadataMessageType.Reject, Piece = 0 }.Encode());

        Assert.DoesNotContain(silent.Inbox, sent => sent.ExtendedId != 0);
        Assert.Empty(Given(late));
        Assert.Null(silent.ClosedFor);
        Assert.Null(late.ClosedFor);
    }

    [Fact]
    public void Malformed_messages_end_the_connection()
    {
        using SwarmFixture swarm = Open();
        FakePeer peer = Greet(swarm.Connect(1));

        Say(peer, "x"u8.ToArray());

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void A_torrent_without_an_info_dictionary_offers_none()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = Greet(swarm.Connect(1));

        ExtensionHandshake greeting = ExtensionHandshake.Parse(
            peer.Inbox.First(sent => sent.Id == PeerMessageId.Extended).Body);

        Assert.Null(greeting.MetadataSize);
        Assert.DoesNotContain(MetadataMessage.ExtensionName, greeting.Messages.Keys);
    }

    private static SwarmFixture Open() =>
        new SwarmFixture(with: settings => settings with { Metadata = s_info }).Start();

    private static FakePeer Greet(FakePeer peer)
    {
        peer.Extended(new ExtensionHandshake
        {
            Messages =
            new Dictionary<string, byte> { [MetadataMessage.ExtensionName] = TheirId }
        });
        return peer;
    }

    private static void Ask(FakePeer peer, params int[] pieces)
    {
        foreach (int piece in pieces)
            Say(peer, new MetadataMessage { Type = MetadataMessageType.Request, Piece = piece }.Encode());
    }

    private static void Say(FakePeer peer, byte[] body) =>
        peer.Say(
            new PeerEvent { Id = PeerMessageId.Extended, ExtendedId = MetadataUploadHandler.MessageId, Body = body });

    private static MetadataMessage[] Given(FakePeer peer) =>
        [.. peer.Inbox.Where(sent => sent.ExtendedId == TheirId).Select(sent => MetadataMessage.Parse(sent.Body))];
}
