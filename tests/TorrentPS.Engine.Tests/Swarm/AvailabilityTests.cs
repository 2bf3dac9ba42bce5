using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>What peers say they have.</summary>
public sealed class AvailabilityTests
{
    [Theory]
    [InlineData(PeerMessageId.HaveAll, 4)]
    [InlineData(PeerMessageId.HaveNone, 0)]
    public void Have_all_and_have_none_are_understood_as_first_message(PeerMessageId id, int pieces)
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        peer.Extended(new ExtensionHandshake { Client = "x" });
        peer.Say(PeerMessageId.KeepAlive);
        peer.Say(id);

        Assert.Equal(pieces, swarm.StatusOf(peer).Pieces);
        Assert.Null(peer.ClosedFor);
    }

    [Theory]
    [InlineData(PeerMessageId.HaveAll)]
    [InlineData(PeerMessageId.HaveNone)]
    public void Have_all_and_have_none_without_the_Fast_extension_break_the_protocol(PeerMessageId id)
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1, fast: false);

        peer.Say(id);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void Have_none_after_other_messages_ends_the_connection()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);
        peer.Have(0);

        peer.Say(PeerMessageId.HaveNone);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_later_have_all_replaces_many_haves(int already)
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);
        peer.SendBitfield([.. Enumerable.Range(0, already)]);
        peer.Say(PeerMessageId.Interested);
        peer.Say(PeerMessageId.Unchoke);

        peer.Say(PeerMessageId.HaveAll);
        peer.GiveAll();

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Useless, peer.ClosedFor);
    }

    [Fact]
    public void A_later_have_all_to_a_seed_closes_the_connection_without_a_penalty()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);
        peer.SendBitfield(0);

        peer.Say(PeerMessageId.HaveAll);

        Assert.Equal(DisconnectReason.Useless, peer.ClosedFor);
        peer.Leave();
        Assert.Null(swarm.Connect(1).ClosedFor);
    }

    [Fact]
    public void A_flood_of_have_all_messages_ends_the_connection()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);
        for (int i = 0; i < 101; i++)
            peer.Say(PeerMessageId.HaveAll);
        Assert.Null(peer.ClosedFor);

        peer.Say(PeerMessageId.HaveAll);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void A_later_bitfield_replaces_many_haves()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);
        peer.SendBitfield();
        Assert.Equal(0, peer.Count(PeerMessageId.Interested));

        peer.SendBitfield(0, 1);

        Assert.Null(peer.ClosedFor);
        Assert.Equal(1, peer.Count(PeerMessageId.Interested));
    }

    [Theory]
    [InlineData(new byte[] { 0xff })]
    [InlineData(new byte[] { 0xf0, 0 })]
    [InlineData(new byte[] { })]
    public void A_bitfield_of_another_length_or_with_spare_bits_breaks_the_protocol(byte[] bits)
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        peer.Say(new PeerEvent { Id = PeerMessageId.Bitfield, Body = bits });

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
        peer.Leave();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(int.MaxValue)]
    public void A_have_of_a_piece_that_does_not_exist_breaks_the_protocol(int piece)
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        peer.Have(piece);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void Messages_after_a_protocol_error_are_ignored()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        peer.Say(
            new PeerEvent { Id = PeerMessageId.Have, Address = new BlockAddress(new PieceIndex(99), 0, 0) },
            new PeerEvent { Id = PeerMessageId.HaveAll },
            new PeerEvent { Id = PeerMessageId.Unchoke },
            peer.BlockOf(swarm.BlockAt(0, 0)));

        Assert.Equal(0, peer.Count(PeerMessageId.Interested));
        Assert.Equal(0, swarm.Pool.Outstanding);
    }

    [Theory]
    [InlineData(true, new int[0], PeerMessageId.HaveNone)]
    [InlineData(true, new[] { 0, 1, 2, 3 }, PeerMessageId.HaveAll)]
    [InlineData(true, new[] { 1 }, PeerMessageId.Bitfield)]
    [InlineData(false, new[] { 0, 1, 2, 3 }, PeerMessageId.Bitfield)]
    public void The_own_pieces_are_announced_first(bool fast, int[] have, PeerMessageId expected)
    {
        using SwarmFixture swarm = new SwarmFixture().Start(have);

        FakePeer peer = swarm.Connect(1, fast);

        Assert.Equal(expected, peer.Inbox[0].Id);
    }

    [Fact]
    public void With_nothing_to_say_and_no_Fast_extension_we_say_nothing()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();

        Assert.Empty(swarm.Connect(1, fast: false, extensions: false).Inbox);
    }

    [Fact]
    public void A_seed_drops_a_peer_that_turns_out_to_be_a_seed()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer byBitfield = swarm.Connect(1);
        FakePeer byHave = swarm.Connect(2);
        FakePeer leech = swarm.Connect(3);

        byBitfield.SendBitfield(0, 1, 2, 3);
        for (int i = 0; i < 4; i++)
        {
            Assert.Null(byHave.ClosedFor);
            byHave.Have(i);
        }

        leech.SendBitfield(0, 1);
        Assert.Equal(DisconnectReason.Useless, byBitfield.ClosedFor);
        Assert.Equal(DisconnectReason.Useless, byHave.ClosedFor);
        Assert.Null(leech.ClosedFor);
    }

    [Fact]
    public void A_download_that_completes_drops_seeds_and_keeps_leeches()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer seed = swarm.Connect(1).Serving();
        FakePeer leech = swarm.Connect(2);
        leech.SendBitfield(0);
        FakePeer uploader = swarm.Connect(3);
        uploader.SendBitfield(1);
        uploader.Extended(new ExtensionHandshake { UploadOnly = true });

        seed.GiveAll();

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Useless, seed.ClosedFor);
        Assert.Equal(DisconnectReason.Useless, uploader.ClosedFor);
        Assert.Null(leech.ClosedFor);
    }

    [Fact]
    public void A_seed_drops_a_peer_that_says_it_only_uploads()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);

        peer.Extended(new ExtensionHandshake { UploadOnly = true });

        Assert.Equal(DisconnectReason.Useless, peer.ClosedFor);
    }

    [Fact]
    public void The_extension_handshake_tells_client_and_limits_both_ways()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: settings => settings with { ListenPort = 7000 }).Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);

        ExtensionHandshake told = ExtensionHandshake.Parse(
            peer.Inbox.Single(sent => sent.Id == PeerMessageId.Extended).Body!);
        Assert.Equal((ushort?)7000, told.ListenPort);
        Assert.True(told.UploadOnly);
        Assert.Equal(peer.EndPoint.Address, told.YourAddress);

        peer.Extended(new ExtensionHandshake { Client = "Tester 1.0" });
        Assert.Equal("Tester 1.0", swarm.StatusOf(peer).Client);
    }

    [Fact]
    public void An_extension_handshake_that_is_garbage_breaks_the_protocol()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        peer.Say(new PeerEvent { Id = PeerMessageId.Extended, Body = [1, 2, 3] });

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void Messages_that_are_not_known_are_ignored()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1).Serving();

        peer.Say(new PeerEvent { Id = (PeerMessageId)99 });
        peer.Say(new PeerEvent { Id = PeerMessageId.Extended, ExtendedId = 7, Body = [1, 2, 3] });
        peer.Say(PeerMessageId.Suggest, swarm.BlockAt(0, 0));

        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void Availability_is_right_in_whatever_order_peers_connect_and_leave()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer bad = swarm.Connect(1);
        bad.Say(new PeerEvent { Id = PeerMessageId.Bitfield, Body = [0xff] });
        bad.Leave();
        FakePeer seed = swarm.Connect(2);
        seed.Say(PeerMessageId.HaveAll);
        seed.Leave();
        seed = swarm.Connect(3);
        for (int i = 0; i < 4; i++)
            seed.Have(i);
        seed.Leave();

        FakePeer last = swarm.Connect(4).Serving();
        last.GiveAll();

        Assert.Equal(TorrentState.Seeding, swarm.State);
    }
}
