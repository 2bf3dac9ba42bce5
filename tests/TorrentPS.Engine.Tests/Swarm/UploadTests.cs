using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>What peers ask of us.</summary>
public sealed class UploadTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_choked_peer_gets_no_block_and_with_the_Fast_extension_a_reject(bool fast)
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1, fast);

        peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));

        Assert.Empty(peer.Queue);
        Assert.Equal(fast ? [swarm.BlockAt(0, 0)] : [], peer.Blocks(PeerMessageId.Reject));
    }

    [Fact]
    public void An_interested_peer_is_unchoked_while_a_slot_is_free()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);

        peer.Say(PeerMessageId.Interested);
        Assert.Equal(1, peer.Count(PeerMessageId.Unchoke));

        peer.Say(PeerMessageId.Request, swarm.BlockAt(1, 1));
        Assert.Equal([swarm.BlockAt(1, 1)], peer.Queue);
    }

    [Fact]
    public void Upload_slots_are_limited_and_a_free_one_is_filled_at_once()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer[] peers = [.. Enumerable.Range(1, 10).Select(number => swarm.Connect(number))];
        foreach (FakePeer peer in peers)
            peer.Say(PeerMessageId.Interested);
        FakePeer[] served = [.. peers.Where(peer => peer.Count(PeerMessageId.Unchoke) > 0)];
        Assert.InRange(served.Length, 1, 9);

        served[0].Leave();

        Assert.Equal(served.Length + 1, peers.Count(peer => peer.Count(PeerMessageId.Unchoke) > 0));
    }

    [Fact]
    public void A_fixed_number_of_slots_is_kept_and_can_be_set_by_the_user()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: settings => settings with { Torrent = settings.Torrent with { UploadSlots = 3 } }).Start(0, 1, 2, 3);
        FakePeer[] peers = [.. Enumerable.Range(1, 10).Select(number => swarm.Connect(number))];
        foreach (FakePeer peer in peers)
            peer.Say(PeerMessageId.Interested);
        swarm.Pass(200);
        Assert.Equal(3, swarm.Peers().Count(peer => !peer.Flags.HasFlag(PeerFlags.Choked)));
    }

    [Theory]
    [InlineData(ChokerKind.Naive)]
    [InlineData(ChokerKind.TitForTat)]
    [InlineData(ChokerKind.Strategic)]
    public void With_zero_upload_slots_no_peer_is_unchoked_and_no_fast_piece_is_granted(ChokerKind choker)
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: settings => settings with { Torrent = settings.Torrent with { Choker = choker, UploadSlots = 0 } })
            .Start(0, 1, 2, 3);
        FakePeer[] peers = [.. Enumerable.Range(1, 3).Select(number => swarm.Connect(number))];
        foreach (FakePeer peer in peers)
            peer.Say(PeerMessageId.Interested);
        swarm.Pass(60);
        Assert.All(
            peers, peer => Assert.Equal(0, peer.Count(PeerMessageId.Unchoke) + peer.Count(PeerMessageId.AllowedFast)));
        Assert.Equal(ChokeReason.NoSlot, swarm.StatusOf(peers[0]).ChokeReason);
    }

    [Fact]
    public void The_naive_choker_unchokes_every_interested_peer_at_once()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: settings => settings with { Torrent = settings.Torrent with { Choker = ChokerKind.Naive } })
            .Start(0, 1, 2, 3);
        FakePeer[] peers = [.. Enumerable.Range(1, 30).Select(number => swarm.Connect(number))];
        foreach (FakePeer peer in peers[1..])
            peer.Say(PeerMessageId.Interested);
        Assert.Equal(29, peers.Count(peer => peer.Count(PeerMessageId.Unchoke) == 1));
        Assert.Equal(ChokeReason.NotInterested, swarm.StatusOf(peers[0]).ChokeReason);
    }

    [Fact]
    public void Saying_the_same_interest_again_changes_nothing()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);

        peer.Say(PeerMessageId.Interested);
        peer.Say(PeerMessageId.Interested);
        peer.Say(PeerMessageId.NotInterested);
        peer.Say(PeerMessageId.NotInterested);

        Assert.Equal(1, peer.Count(PeerMessageId.Unchoke));
        Assert.Equal(1, peer.Count(PeerMessageId.Choke));
    }

    [Theory]
    [InlineData(1, 0, 16384, "a piece we lack")]
    [InlineData(9, 0, 16384, "no such piece")]
    [InlineData(int.MaxValue, 0, 16384, "no such piece")]
    [InlineData(0, 32768, 16384, "behind the piece")]
    [InlineData(0, 16384, 32768, "over the end of the piece")]
    [InlineData(0, int.MaxValue, int.MaxValue, "an offset that overflows")]
    [InlineData(0, 0, 0, "nothing")]
    public void A_request_that_cannot_be_met_is_rejected(int piece, int begin, int length, string why)
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);
        var block = new BlockAddress(new PieceIndex(piece), begin, length);

        peer.Say(PeerMessageId.Request, block);

        Assert.True(peer.Queue.Count == 0, why);
        Assert.Equal([block], peer.Blocks(PeerMessageId.Reject));
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void A_request_longer_than_any_client_makes_is_rejected()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1, blocksPerPiece: 64).Start(0);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);

        peer.Say(PeerMessageId.Request, new BlockAddress(default, 0, 1 << 20));
        Assert.Empty(peer.Queue);
        peer.Say(PeerMessageId.Request, new BlockAddress(default, 0, 128 << 10));
        Assert.Single(peer.Queue);
    }

    [Fact]
    public void The_request_queue_holds_as_many_requests_as_announced()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);
        int promised = ExtensionHandshake.Parse(
            peer.Inbox.First(sent => sent.Id == PeerMessageId.Extended).Body!).RequestQueue!.Value;

        for (int i = 0; i < promised + 5; i++)
            peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));

        Assert.Equal(promised, peer.Queue.Count);
        Assert.Equal(5, peer.Count(PeerMessageId.Reject));
    }

    [Fact]
    public void No_request_of_a_peer_that_cannot_be_told_is_dropped()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1, fast: false);
        peer.Say(PeerMessageId.Interested);
        const int asked = UploadHandler.MaxQueuedRequests * 4;

        for (int i = 0; i < asked; i++)
            peer.Say(PeerMessageId.Request, swarm.BlockAt(i % 4, 0));

        Assert.Equal(asked, peer.Queue.Count);
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void A_peer_that_keeps_sending_bad_requests_is_disconnected()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0);
        FakePeer peer = swarm.Connect(1);

        for (int i = 0; i < 10_000 && peer.ClosedFor is null; i++)
            peer.Say(PeerMessageId.Request, swarm.BlockAt(3, 0));

        Assert.Equal(DisconnectReason.ProtocolError, peer.ClosedFor);
    }

    [Fact]
    public void A_cancelled_request_is_answered_with_a_reject_and_one_under_way_is_not()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);
        peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));
        peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 1));

        peer.Say(PeerMessageId.Cancel, swarm.BlockAt(0, 0));
        peer.Say(PeerMessageId.Cancel, swarm.BlockAt(0, 0));

        Assert.Equal([swarm.BlockAt(0, 1)], peer.Queue);
        Assert.Equal([swarm.BlockAt(0, 0)], peer.Blocks(PeerMessageId.Reject));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_choke_drops_the_queue(bool fast)
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1, fast);
        peer.Say(PeerMessageId.Interested);
        peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));
        peer.Say(PeerMessageId.Request, swarm.BlockAt(2, 1));

        peer.Say(PeerMessageId.NotInterested);

        Assert.Equal(1, peer.Count(PeerMessageId.Choke));
        Assert.Empty(peer.Queue);
        Assert.Equal(fast ? [swarm.BlockAt(0, 0), swarm.BlockAt(2, 1)] : [], peer.Blocks(PeerMessageId.Reject));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_piece_that_a_peer_is_getting_is_finished_after_a_choke_if_the_peer_can_know(bool fast)
    {
        using SwarmFixture swarm = new SwarmFixture(blocksPerPiece: 4).Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1, fast);
        peer.Say(PeerMessageId.Interested);
        foreach (int block in new[] { 2, 3 })
            peer.Say(PeerMessageId.Request, swarm.BlockAt(0, block));
        peer.Say(PeerMessageId.Request, swarm.BlockAt(1, 0));

        peer.Say(PeerMessageId.NotInterested);

        Assert.Equal(1, peer.Count(PeerMessageId.Choke));
        Assert.Equal(fast ? [swarm.BlockAt(0, 2), swarm.BlockAt(0, 3)] : [], peer.Queue);
        Assert.Equal(fast ? [swarm.BlockAt(1, 0)] : [], peer.Blocks(PeerMessageId.Reject));
    }

    [Fact]
    public void A_seed_suggests_pieces_that_no_peer_has_and_each_to_one_peer()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 20).Start([.. Enumerable.Range(0, 20)]);
        FakePeer first = swarm.Connect(1);
        FakePeer second = swarm.Connect(2);
        FakePeer plain = swarm.Connect(3, fast: false);
        first.SendBitfield(0, 1, 2);
        foreach (FakePeer peer in new[] { first, second, plain })
            peer.Say(PeerMessageId.Interested);
        IEnumerable<int> SuggestedTo(
            FakePeer peer) => peer.Inbox.Where(sent => sent.Id == PeerMessageId.Suggest).Select(sent => sent.Piece);

        int[] before = [.. SuggestedTo(first), .. SuggestedTo(second)];
        Assert.NotEmpty(SuggestedTo(first));
        Assert.NotEmpty(SuggestedTo(second));
        Assert.Empty(SuggestedTo(plain));
        Assert.Equal(before.Length, before.Distinct().Count());
        Assert.DoesNotContain(before, piece => piece < 3);

        second.Have(before[^1]);
        int next = SuggestedTo(second).Last();
        Assert.DoesNotContain(next, before);
        Assert.True(next >= 3);
    }

    [Fact]
    public void An_idle_peer_uses_no_upload_slot()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer[] peers = [.. Enumerable.Range(1, 20).Select(number => swarm.Connect(number))];
        foreach (FakePeer peer in peers)
            peer.Say(PeerMessageId.Interested);
        FakePeer[] served = [.. peers.Where(peer => peer.Count(PeerMessageId.Unchoke) > 0)];
        foreach (FakePeer peer in served.Skip(1))
            peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));

        swarm.Pass(1.5);

        Assert.Equal(served.Length + 1, peers.Count(peer => peer.Count(PeerMessageId.Unchoke) > 0));
        Assert.Equal(0, served[0].Count(PeerMessageId.Choke));
    }

    [Fact]
    public void Requests_that_crossed_a_choke_are_no_offence()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1, fast: false);
        peer.Say(PeerMessageId.Interested);
        peer.Say(PeerMessageId.NotInterested);

        for (int i = 0; i < 1500; i++)
            peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));

        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void Only_verified_pieces_are_uploaded_while_downloading()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer seed = swarm.Connect(1).Serving();
        FakePeer leech = swarm.Connect(2);
        leech.Say(PeerMessageId.Interested);
        seed.Give(swarm.BlockAt(0, 0));
        leech.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));
        Assert.Empty(leech.Queue);

        seed.Give(swarm.BlockAt(0, 1));
        Assert.Contains(leech.Inbox, sent => sent is { Id: PeerMessageId.Have, Piece: 0 });
        leech.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));
        Assert.Equal([swarm.BlockAt(0, 0)], leech.Queue);
    }

    [Fact]
    public void The_upload_total_includes_peers_that_have_left()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);
        peer.Traffic = new PeerTraffic(500, 20_000, 16_384);
        Assert.Equal(16_384, swarm.Status.Uploaded);

        peer.Leave();

        TorrentStatus status = swarm.Status;
        Assert.Equal(
            (16_384, 20_000 - 16_384, 500), (status.Uploaded, status.ProtocolUploaded, status.ProtocolDownloaded));
    }
}
