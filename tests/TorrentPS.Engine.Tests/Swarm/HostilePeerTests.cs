using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Peers that lie, stall, flood and churn. Each must cost little, and delay no other peer.</summary>
public sealed class HostilePeerTests
{
    [Fact]
    public void A_peer_that_announces_all_pieces_and_rejects_every_request_is_disconnected()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 100).Start();
        FakePeer liar = swarm.Connect(1).Serving();

        for (int i = 0; i < 400 && liar.ClosedFor is null; i++)
        {
            foreach (BlockAddress block in liar.Asked.ToArray())
            {
                liar.Asked.Remove(block);
                liar.Say(PeerMessageId.Reject, block);
            }

            swarm.Pass(0.25);
        }

        Assert.Equal(DisconnectReason.ServesNothing, liar.ClosedFor);
    }

    [Fact]
    public void Rejects_after_a_choke_are_not_penalised()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 100).Start();
        FakePeer peer = swarm.Connect(1).Serving();

        for (int i = 0; i < 200; i++)
        {
            peer.Say(PeerMessageId.Choke);
            foreach (BlockAddress block in peer.Asked.ToArray())
            {
                peer.Asked.Remove(block);
                peer.Say(PeerMessageId.Reject, block);
            }

            peer.Say(PeerMessageId.Unchoke);
            swarm.Pass(0.25);
        }

        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void A_peer_that_never_answers_is_disconnected_within_minutes_and_delays_nothing()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 4).Start();
        FakePeer staller = swarm.Connect(1).Serving();
        FakePeer good = swarm.Connect(2);

        for (int i = 0; i < 360 && staller.ClosedFor is null; i++)
        {
            swarm.Pass(1);
            if (i % 30 == 0)
                staller.Say(PeerMessageId.KeepAlive);
            if (i % 100 == 0)
                good.Say(PeerMessageId.KeepAlive);
        }

        Assert.Equal(DisconnectReason.ServesNothing, staller.ClosedFor);
        staller.Leave();
        good.Serving().GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Penalised, swarm.Connect(1).ClosedFor);
    }

    [Fact]
    public void A_peer_that_sends_malformed_frames_is_refused_when_it_returns()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 4).Start();
        swarm.Connect(1).Leave("A frame of 4294967295 bytes is over the limit.", DisconnectReason.ProtocolError);

        Assert.Equal(DisconnectReason.Penalised, swarm.Connect(1).ClosedFor);
        Assert.Null(swarm.Connect(2).ClosedFor);

        // One penalty is over the limit for some minutes; each further one for longer, up to an hour.
        swarm.Pass(6 * 60);
        FakePeer again = swarm.Connect(1);
        Assert.Null(again.ClosedFor);
        again.Leave(reason: DisconnectReason.ProtocolError);
        swarm.Pass(6 * 60);
        Assert.Equal(DisconnectReason.Penalised, swarm.Connect(1).ClosedFor);
        swarm.Pass(60 * 60);
        Assert.Null(swarm.Connect(1).ClosedFor);
    }

    [Fact]
    public void A_peer_that_gave_blocks_is_refused_for_a_malformed_frame_too()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 4).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        peer.Give(peer.Asked[0]);
        peer.Leave(reason: DisconnectReason.ProtocolError);

        Assert.Equal(DisconnectReason.Penalised, swarm.Connect(1).ClosedFor);
    }

    [Fact]
    public void A_malformed_extension_handshake_is_penalised_with_its_reason()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 4).Start();
        FakePeer peer = swarm.Connect(1);
        peer.Say(new PeerEvent { Id = PeerMessageId.Extended, Body = "x"u8.ToArray() });

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
        Assert.NotNull(peer.ClosedDetail);
        peer.Leave();
        Assert.Equal(DisconnectReason.Penalised, swarm.Connect(1).ClosedFor);
    }

    [Fact]
    public void A_peer_whose_connection_breaks_or_stalls_again_and_again_is_not_refused()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 40).Start();
        for (int i = 0; i < 20; i++)
        {
            FakePeer peer = swarm.Connect(1);
            Assert.Null(peer.ClosedFor);
            peer.Serving().Give(peer.Asked[0]);
            peer.Leave(reason: i % 2 == 0 ? DisconnectReason.RemoteClosed : DisconnectReason.Idle);
        }
    }

    [Fact]
    public void One_that_never_sends_but_wants_to_be_served_stays()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 4).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        peer.Say(PeerMessageId.Interested);

        for (int i = 0; i < 10; i++)
        {
            swarm.Pass(60);
            peer.Say(PeerMessageId.KeepAlive);
        }

        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void Stallers_and_one_that_gives_a_block_a_minute_do_not_delay_the_end()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 60, blocksPerPiece: 4).Start();
        FakePeer loris = swarm.Connect(1).Serving();
        FakePeer[] stallers = [.. Enumerable.Range(2, 5).Select(number => swarm.Connect(number).Serving())];
        FakePeer good = swarm.Connect(9).Serving();

        int seconds = 0;
        for (; seconds < 600 && swarm.State == TorrentState.Downloading; seconds++)
        {
            if (seconds % 60 == 0 && loris.Asked.Count > 0)
                loris.Give(loris.Asked[0]);
            for (int i = 0; i < 4 && good.Asked.Count > 0; i++)
                good.Give(good.Asked[0]);
            swarm.Pass(1);
        }

        // Alone, the good peer takes a minute.
        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.InRange(seconds, 30, 100);
        Assert.All(stallers, staller => Assert.Empty(staller.Asked));
    }

    [Fact]
    public void A_peer_that_connects_and_leaves_repeatedly_is_refused()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        int welcomed = 0;
        for (int i = 0; i < 100; i++)
        {
            FakePeer churner = swarm.Connect(1, at: SwarmFixture.At(1, 5000 + i));
            if (churner.ClosedFor is null)
                welcomed++;
            churner.Leave();
            swarm.Pass(0.5);
        }

        Assert.InRange(welcomed, 3, 8);
        Assert.Null(swarm.Connect(2).ClosedFor);
        swarm.Pass(180);
        Assert.Null(swarm.Connect(1).ClosedFor);
    }

    [Theory]
    [InlineData(PeerMessageId.Suggest)]
    [InlineData(PeerMessageId.HaveAll)]
    [InlineData(PeerMessageId.HaveNone)]
    [InlineData(PeerMessageId.Reject)]
    [InlineData(PeerMessageId.AllowedFast)]
    public void Messages_of_the_Fast_extension_without_it_break_the_protocol(PeerMessageId id)
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1, fast: false);

        peer.Say(id, swarm.BlockAt(0, 0));

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void A_flood_of_unsolicited_rejects_ends_the_connection()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        for (int i = 0; i < 2000 && peer.ClosedFor is null; i++)
            peer.Say(PeerMessageId.Reject, swarm.BlockAt(0, 0));

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void A_flood_of_valid_requests_is_limited_to_the_announced_queue_and_then_ends_the_connection()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);

        int most = 0;
        for (int i = 0; i < 2 * UploadHandler.MaxQueuedRequests && peer.ClosedFor is null; i++)
        {
            peer.Say(PeerMessageId.Request, swarm.BlockAt(i % 4, 0));
            most = Math.Max(most, peer.Queue.Count);
        }

        Assert.InRange(most, 1, UploadHandler.MaxQueuedRequests);
        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    private static readonly Dictionary<string, PeerEvent> s_useless = new()
    {
        ["bitfield"] = new PeerEvent { Id = PeerMessageId.Bitfield, Body = [0] },
        ["extension handshake"] = new PeerEvent { Id = PeerMessageId.Extended, Body = "de"u8.ToArray() },
        ["unknown extended message"] = new PeerEvent { Id = PeerMessageId.Extended, ExtendedId = 99, Body = [] },
        ["keep-alive"] = new PeerEvent { Id = PeerMessageId.KeepAlive },
        ["have"] = new PeerEvent { Id = PeerMessageId.Have },
        ["choke"] = new PeerEvent { Id = PeerMessageId.Choke },
        ["interested"] = new PeerEvent { Id = PeerMessageId.Interested },
        ["cancel"] = new PeerEvent { Id = PeerMessageId.Cancel },
        ["unknown message"] = new PeerEvent { Id = (PeerMessageId)77 },
        ["port"] = new PeerEvent { Id = PeerMessageId.Port },
        ["suggest"] = new PeerEvent { Id = PeerMessageId.Suggest },
        ["allowed fast"] = new PeerEvent { Id = PeerMessageId.AllowedFast },
        ["peer exchange"] =
            new PeerEvent { Id = PeerMessageId.Extended, ExtendedId = PexHandler.MessageId, Body = "de"u8.ToArray() },
        ["metadata request"] = new PeerEvent
        {
            Id = PeerMessageId.Extended,
            ExtendedId = MetadataUploadHandler.MessageId,
            Body = new MetadataMessage { Type = MetadataMessageType.Request, Piece = 0 }.Encode(),
        },
        ["metadata reject"] = new PeerEvent
        {
            Id = PeerMessageId.Extended,
            ExtendedId = MetadataUploadHandler.MessageId,
            Body = new MetadataMessage { Type = MetadataMessageType.Reject, Piece = 0 }.Encode(),
        },
    };

    [Theory]
    [InlineData("bitfield", 200)]
    [InlineData("extension handshake", 200)]
    [InlineData("unknown extended message", 200)]
    [InlineData("keep-alive", 30_000)]
    [InlineData("have", 30_000)]
    [InlineData("choke", 30_000)]
    [InlineData("interested", 30_000)]
    [InlineData("cancel", 30_000)]
    [InlineData("unknown message", 30_000)]
    [InlineData("port", 30_000)]
    [InlineData("suggest", 30_000)]
    [InlineData("allowed fast", 30_000)]
    [InlineData("peer exchange", 200)]
    [InlineData("metadata request", 200)]
    [InlineData("metadata reject", 200)]
    public void A_flood_of_messages_that_bring_nothing_ends_the_connection(string message, int count)
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0);
        FakePeer peer = swarm.Connect(1);

        for (int i = 0; i < count && peer.ClosedFor is null; i++)
            peer.Say(s_useless[message]);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Theory]
    [InlineData(PeerMessageId.Interested, PeerMessageId.NotInterested)]
    [InlineData(PeerMessageId.Choke, PeerMessageId.Unchoke)]
    [InlineData(PeerMessageId.Request, PeerMessageId.Cancel)]
    public void A_flood_of_two_messages_that_undo_each_other_ends_the_connection(PeerMessageId one, PeerMessageId other)
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);
        BlockAddress block = swarm.BlockAt(0, 0);
        PeerEvent[] pair = [new() { Id = one, Address = block }, new() { Id = other, Address = block }];

        for (int i = 0; i < 30_000 && peer.ClosedFor is null; i++)
            peer.Say(pair);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void A_flood_of_bitfields_that_add_one_piece_each_ends_the_connection()
    {
        const int pieces = 1000;
        using SwarmFixture swarm = new SwarmFixture(pieces).Start();
        FakePeer peer = swarm.Connect(1);

        int sent = 0;
        while (++sent < pieces && peer.ClosedFor is null)
            peer.SendBitfield([.. Enumerable.Range(0, sent)]);

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
        Assert.InRange(sent, 100, 110);
    }

    [Fact]
    public void A_flood_of_requests_after_a_choke_ends_the_connection()
    {
        using SwarmFixture swarm = new SwarmFixture(with: settings =>
            settings with { Torrent = settings.Torrent with { UploadSlots = 1 } }).Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);
        peer.Say(PeerMessageId.NotInterested);
        swarm.Pass(11);
        Assert.Equal(1, peer.Count(PeerMessageId.Choke));

        for (int i = 0; i < 2 * UploadHandler.MaxQueuedRequests && peer.ClosedFor is null; i++)
            peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void Of_a_flooding_peer_few_batches_are_handled_between_two_ticks_and_of_others_all()
    {
        const int batches = 4, length = 256;
        using SwarmFixture swarm = new SwarmFixture().Start(0);
        FakePeer flooder = swarm.Connect(1);
        FakePeer other = swarm.Connect(2);
        PeerEvent[] flood = [.. Enumerable.Repeat(s_useless["keep-alive"], length)];
        for (int sent = 0; sent <= FloodLimit.SlowCharge; sent += length)
            flooder.Say(flood);
        swarm.Pass(0.25);

        int ticks = 0;
        for (; flooder.ClosedFor is null && ticks < 100; ticks++)
        {
            int handled = 0;

            // The connection has four batches, and reads on when one is given back.
            for (; flooder.BatchesOut < batches && flooder.ClosedFor is null && handled < 100; handled++)
                flooder.Say(flood);
            Assert.InRange(handled, 1, batches);
            other.Say(s_useless["keep-alive"]);
            Assert.Equal(0, other.BatchesOut);
            swarm.Pass(0.25);
        }

        // The remaining charges take four seconds.
        Assert.Equal(DisconnectReason.ProtocolError, flooder.ClosedFor);
        Assert.InRange(ticks, 14, 20);
        Assert.Equal(0, flooder.BatchesOut);
    }

    [Fact]
    public void A_peer_that_sends_a_few_such_messages_each_minute_for_a_day_stays_connected()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);

        for (int minute = 0; minute < 24 * 60; minute++)
        {
            foreach (PeerEvent message in s_useless.Values)
                peer.Say(message);
            for (int i = 0; i < 5; i++)
            {
                peer.Say(PeerMessageId.Reject, swarm.BlockAt(0, 0));
                peer.Say(PeerMessageId.Request, swarm.BlockAt(3, 0));
            }

            swarm.Pass(60);
        }

        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void A_peer_that_cancels_all_its_requests_at_the_end_of_a_fast_download_stays_connected()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);

        for (int i = 0; i < UploadHandler.MaxQueuedRequests; i++)
            peer.Say(PeerMessageId.Cancel, swarm.BlockAt(0, 0));

        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void An_allowed_piece_that_does_not_exist_breaks_the_protocol()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        peer.Say(PeerMessageId.AllowedFast, new BlockAddress(new PieceIndex(4), 0, 0));

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }
}
