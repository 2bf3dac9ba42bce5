using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>What is asked of peers, and what becomes of the answers.</summary>
public sealed class RequestTests
{
    [Fact]
    public void Nothing_is_requested_before_the_peer_has_a_wanted_piece_and_unchokes()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Unchoke);
        Assert.Empty(peer.Asked);
        peer.Say(PeerMessageId.Choke);

        peer.Have(2);
        Assert.Equal(1, peer.Count(PeerMessageId.Interested));
        Assert.Empty(peer.Asked);

        peer.Say(PeerMessageId.Unchoke);
        Assert.Equal([swarm.BlockAt(2, 0), swarm.BlockAt(2, 1)], peer.Asked);
    }

    [Fact]
    public void Each_received_block_is_followed_by_new_requests_in_the_same_turn()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 40).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        int asked = peer.Asked.Count;

        peer.Give(peer.Asked[0]);

        Assert.Equal(asked + 1, peer.Asked.Count);
        peer.Give(peer.Asked[0]);
        Assert.Equal(asked + 2, peer.Asked.Count);
    }

    [Fact]
    public void The_peers_own_limit_of_requests_is_honoured()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 40).Start();
        FakePeer peer = swarm.Connect(1);
        peer.Extended(new ExtensionHandshake { RequestQueue = 3 });
        peer.Serving();

        for (int i = 0; i < 30; i++)
        {
            Assert.InRange(peer.Asked.Count, 1, 3);
            peer.Give(peer.Asked[0]);
        }
    }

    [Fact]
    public void A_choke_without_the_Fast_extension_withdraws_the_requests()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1).Start();
        FakePeer choker = swarm.Connect(1, fast: false).Serving();
        FakePeer other = swarm.Connect(2).Serving();
        Assert.Empty(other.Asked);

        choker.Say(PeerMessageId.Choke);
        choker.Asked.Clear();
        swarm.Pass(0.25);

        Assert.Equal(2, other.Asked.Count);
        other.GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
    }

    [Fact]
    public void A_choke_with_the_Fast_extension_leaves_requests_until_each_is_rejected()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1).Start();
        FakePeer choker = swarm.Connect(1).Serving();
        FakePeer other = swarm.Connect(2).Serving();
        choker.Say(PeerMessageId.Choke);
        swarm.Pass(0.25);
        Assert.Empty(other.Asked);

        choker.Say(PeerMessageId.Reject, swarm.BlockAt(0, 0));
        Assert.Equal([swarm.BlockAt(0, 0)], other.Asked);

        choker.Give(swarm.BlockAt(0, 1));
        other.GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(0, swarm.Status.Wasted);
    }

    [Fact]
    public void A_peer_that_rejects_everything_keeps_no_block_from_another()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1, blocksPerPiece: 1).Start();
        FakePeer refuser = swarm.Connect(1).Serving();
        FakePeer other = swarm.Connect(2).Serving();
        Assert.Single(refuser.Asked);

        refuser.Say(PeerMessageId.Reject, swarm.BlockAt(0, 0));

        Assert.Single(other.Asked);
        other.GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
    }

    [Fact]
    public void A_peer_that_rejects_gets_no_request_before_the_next_tick()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1, blocksPerPiece: 1).Start();
        FakePeer refuser = swarm.Connect(1).Serving();

        refuser.Say(PeerMessageId.Reject, swarm.BlockAt(0, 0));
        Assert.Equal(1, refuser.Count(PeerMessageId.Request));
        swarm.Pass(0.25);
        Assert.Equal(2, refuser.Count(PeerMessageId.Request));
    }

    [Fact]
    public void An_unsolicited_reject_does_nothing()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1).Serving();
        int asked = peer.Count(PeerMessageId.Request);

        peer.Say(PeerMessageId.Reject, swarm.BlockAt(3, 1));
        peer.Say(PeerMessageId.Reject, new BlockAddress(new PieceIndex(int.MaxValue), int.MaxValue, int.MaxValue));

        Assert.Equal(asked, peer.Count(PeerMessageId.Request));
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void A_silent_peer_loses_its_blocks_to_one_that_answers_and_is_snubbed()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1, blocksPerPiece: 1).Start();
        FakePeer silent = swarm.Connect(1).Serving();
        FakePeer other = swarm.Connect(2).Serving();
        Assert.Empty(other.Asked);

        swarm.Pass(21);

        Assert.Equal([swarm.BlockAt(0, 0)], silent.Blocks(PeerMessageId.Cancel));
        Assert.True(swarm.StatusOf(silent).Flags.HasFlag(PeerFlags.Snubbed));
        Assert.Single(other.Asked);
        other.GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
    }

    [Fact]
    public void A_peer_that_this_client_holds_back_is_not_blamed()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1).Start();
        FakePeer held = swarm.Connect(1).Serving();
        held.IsHeldBack = true;

        swarm.Pass(180);

        Assert.Empty(held.Blocks(PeerMessageId.Cancel));
        Assert.False(swarm.StatusOf(held).Flags.HasFlag(PeerFlags.Snubbed));
    }

    [Fact]
    public void A_snubbed_peer_gets_one_request_and_all_again_once_it_answers()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 40).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        swarm.Pass(21);
        Assert.Single(peer.Asked);

        peer.Give(peer.Asked[0]);

        Assert.False(swarm.StatusOf(peer).Flags.HasFlag(PeerFlags.Snubbed));
        Assert.True(peer.Asked.Count > 1);
    }

    [Fact]
    public void A_late_block_of_a_piece_in_progress_is_not_wasted()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 2, blocksPerPiece: 4).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        peer.Give(swarm.BlockAt(0, 0));
        swarm.Pass(21);
        Assert.Contains(swarm.BlockAt(0, 3), peer.Blocks(PeerMessageId.Cancel));

        peer.Give(swarm.BlockAt(0, 3));

        Assert.Equal(0, swarm.Status.Wasted);
    }

    [Fact]
    public void In_endgame_the_slower_peer_gets_a_cancel_and_further_requests()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 30, blocksPerPiece: 1).Start();
        FakePeer fast = swarm.Connect(1).Serving();
        FakePeer slow = swarm.Connect(2).Serving();
        BlockAddress[] held = [.. slow.Asked];
        while (!fast.Asked.Intersect(held).Any())
        {
            if (fast.Asked.Count > 0)
                fast.Give(fast.Asked[0]);
            swarm.Pass(0.25);
        }

        BlockAddress both = fast.Asked.Intersect(held).First();
        fast.Give(both);

        Assert.Equal([both], slow.Blocks(PeerMessageId.Cancel));
        Assert.Equal(held.Length - 1, swarm.StatusOf(slow).RequestsOut);
        Assert.Equal(0, swarm.Status.Wasted);
        while (swarm.State == TorrentState.Downloading)
        {
            fast.GiveAll();
            swarm.Pass(0.25);
        }

        Assert.Equal(held, slow.Blocks(
            PeerMessageId.Cancel).Order(Comparer<BlockAddress>.Create((a, b) => a.Piece.CompareTo(b.Piece))));
        Assert.Empty(slow.Asked);
    }

    [Fact]
    public void A_duplicate_block_is_counted_as_wasted_and_returned()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 2, blocksPerPiece: 4).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        BlockAddress block = peer.Asked[0];

        peer.Say(peer.BlockOf(block), peer.BlockOf(block));

        Assert.Equal(SwarmFixture.Block, swarm.Status.Wasted);
        Assert.Equal(SwarmFixture.Block, swarm.StatusOf(peer).Wasted);
        Assert.Equal(2 * SwarmFixture.Block, swarm.Status.Downloaded);
        Assert.Equal(1, swarm.Pool.Outstanding);
    }

    [Theory]
    [InlineData(3, 0, 16384)]
    [InlineData(0, 0, 100)]
    [InlineData(0, 5, 16384)]
    [InlineData(99, 0, 16384)]
    [InlineData(int.MaxValue, int.MaxValue, 16384)]
    public void An_unsolicited_block_uses_no_memory(int piece, int begin, int length)
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        peer.Give(new BlockAddress(new PieceIndex(piece), begin, length));

        Assert.Equal(length, swarm.Status.Wasted);
        Assert.Equal(0, swarm.Pool.Outstanding);
    }

    [Fact]
    public void A_peer_that_floods_with_unsolicited_blocks_is_disconnected()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        for (int i = 0; i < 10_000 && peer.ClosedFor is null; i++)
            peer.Give(swarm.BlockAt(3, 1));

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
        Assert.InRange(swarm.Status.Wasted, 1, 1000L * SwarmFixture.Block);
        Assert.Equal(0, swarm.Pool.Outstanding);
    }

    [Fact]
    public void A_peer_whose_blocks_arrive_late_is_not_a_flooder()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 5000, blocksPerPiece: 1).Start();
        FakePeer late = swarm.Connect(1).Serving();
        for (int i = 0; i < 300; i++)
            late.Give(late.Asked[0]);
        for (int stall = 0; stall < 5; stall++)
        {
            BlockAddress[] asked = [.. late.Asked];
            Assert.True(asked.Length > 120, $"{asked.Length} in stall {stall}");
            swarm.Pass(70);
            late.Say(PeerMessageId.KeepAlive);
            foreach (BlockAddress block in asked)
                late.Give(block);
            for (int i = 0; i < 300 && late.Asked.Count > 0; i++)
                late.Give(late.Asked[0]);
        }

        Assert.Null(late.ClosedFor);
    }

    [Fact]
    public void Blocks_that_come_while_paused_go_back_to_the_pool()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1).Serving();
        swarm.Handle(new PauseRequested());

        peer.Give(swarm.BlockAt(0, 0));

        Assert.Equal(0, swarm.Pool.Outstanding);
        Assert.Equal(DisconnectReason.Stopping, peer.ClosedFor);
    }

    [Fact]
    public void Messages_of_a_connection_that_is_over_are_dropped_with_their_blocks()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1).Serving();
        peer.Leave();

        peer.Give(swarm.BlockAt(0, 0));

        Assert.Equal(0, swarm.Pool.Outstanding);
        Assert.Equal(0, peer.BatchesOut);
    }

    [Fact]
    public void Requests_of_a_peer_that_left_go_to_other_peers_at_once()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1).Start();
        FakePeer leaver = swarm.Connect(1).Serving();
        FakePeer other = swarm.Connect(2).Serving();
        Assert.Empty(other.Asked);

        leaver.Leave();

        Assert.Equal(2, other.Asked.Count);
    }

    [Fact]
    public void Only_allowed_fast_pieces_are_requested_while_choked()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.HaveAll);
        peer.Say(PeerMessageId.AllowedFast, new BlockAddress(new PieceIndex(2), 0, 0));

        Assert.Equal([swarm.BlockAt(2, 0), swarm.BlockAt(2, 1)], peer.Asked);

        peer.Say(PeerMessageId.Reject, swarm.BlockAt(2, 0));
        swarm.Pass(1);
        Assert.Equal(2, peer.Count(PeerMessageId.Request));
    }

    [Fact]
    public void Not_interested_is_sent_to_a_peer_without_wanted_pieces()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 2).Start();
        FakePeer peer = swarm.Connect(1);
        peer.SendBitfield(0);
        peer.Say(PeerMessageId.Unchoke);
        peer.GiveAll();
        swarm.Pass(0.25);

        Assert.Equal(1, peer.Count(PeerMessageId.NotInterested));
        Assert.Equal([0], peer.Inbox.Where(sent => sent.Id == PeerMessageId.Have).Select(sent => sent.Piece));
    }
}
