using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>
/// Peers that keep to the protocol at 1 GB/s and at 1 kB/s. They meet no limit of docs/limits.md: nothing they send is
/// dropped or rejected, and they stay connected.
/// </summary>
public sealed class WellBehavedPeerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_peer_that_downloads_at_one_gigabyte_per_second_gets_every_block(bool fast)
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1, fast);
        peer.Say(PeerMessageId.Interested);
        var sent = new List<BlockAddress>();

        // Ten seconds at 1 GB/s are 610,000 blocks. The peer keeps as many requests open as reqq allows.
        for (int round = 0; round < 40; round++)
        {
            for (int i = 0; i < UploadHandler.MaxQueuedRequests; i++)
                peer.Say(PeerMessageId.Request, swarm.BlockAt(i % 4, 0));
            ((IPeerLink)peer).UnqueueBlocks(sent);
            peer.Traffic = peer.Traffic with { PayloadSent = sent.Count * (long)TorrentGeometry.BlockLength };
            swarm.Pass(0.25);
        }

        Assert.Equal(40 * UploadHandler.MaxQueuedRequests, sent.Count);
        Assert.Equal(0, peer.Count(PeerMessageId.Reject));
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void A_peer_that_downloads_at_one_kilobyte_per_second_gets_every_block()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);
        var sent = new List<BlockAddress>();

        // A block takes 16 seconds.
        for (int block = 0; block < 225; block++)
        {
            peer.Say(PeerMessageId.Request, swarm.BlockAt(block % 4, 0));
            swarm.Pass(16);
            ((IPeerLink)peer).UnqueueBlocks(sent);
            peer.Traffic = peer.Traffic with { PayloadSent = sent.Count * (long)TorrentGeometry.BlockLength };
        }

        Assert.Equal(225, sent.Count);
        Assert.Equal(0, peer.Count(PeerMessageId.Reject));
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void A_peer_that_this_client_does_not_read_because_of_a_limit_stays_connected()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);
        peer.IsHeldBack = true;

        swarm.Pass(1800);

        Assert.Null(peer.ClosedFor);
        peer.IsHeldBack = false;
        swarm.Pass(1800);
        Assert.Equal(DisconnectReason.Idle, peer.ClosedFor);
    }

    [Fact]
    public void A_slow_reader_is_told_every_piece_of_a_fast_download_without_a_full_queue()
    {
        const int pieces = 2000;
        using SwarmFixture swarm = new SwarmFixture(pieces, blocksPerPiece: 1).Start();
        FakePeer slow = swarm.Connect(1);
        FakePeer seed = swarm.Connect(2).Serving();
        slow.QueuedBytes = HaveHandler.MaxBacklog;

        seed.GiveAll();

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(0, slow.Count(PeerMessageId.Have));
        slow.QueuedBytes = 0;
        swarm.Pass(0.5);
        Assert.Equal(
            Enumerable.Range(0, pieces),
            slow.Inbox.Where(sent => sent.Id == PeerMessageId.Have).Select(sent => sent.Piece).Order());
        Assert.Null(slow.ClosedFor);
    }

    [Fact]
    public void A_peer_whose_interest_changes_with_each_of_a_thousand_new_pieces_per_second_stays_connected()
    {
        const int pieces = 30_000, perSecond = 1000;
        using SwarmFixture swarm = new SwarmFixture(pieces, blocksPerPiece: 1).Start();
        FakePeer peer = swarm.Connect(1);
        FakePeer seed = swarm.Connect(2).Serving();

        for (int piece = 0; piece < pieces; piece++)
        {
            seed.Give(seed.Asked[0]);
            peer.Say(PeerMessageId.Interested);
            peer.Say(PeerMessageId.NotInterested);
            if (piece % (perSecond / 4) == 0)
                swarm.Pass(0.25);
        }

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Null(peer.ClosedFor);
    }

    [Theory]
    [InlineData(61_000)]
    [InlineData(1)]
    public void A_peer_that_announces_each_new_piece_stays_connected(int perSecond)
    {
        int pieces = Math.Min(perSecond * 100, 100_000);
        using SwarmFixture swarm = new SwarmFixture(pieces).Start(0);
        FakePeer peer = swarm.Connect(1);

        for (int piece = 0; piece < pieces - 1; piece++)
        {
            peer.Have(piece);
            if (piece % Math.Max(1, perSecond / 4) == 0)
                swarm.Pass(perSecond == 1 ? 1 : 0.25);
        }

        Assert.Equal(pieces - 1, swarm.StatusOf(peer).Progress * pieces / 100, 1.0);
        Assert.Null(peer.ClosedFor);
    }

    [Theory]
    [InlineData(0.005)]
    [InlineData(320)]
    public void A_peer_that_sends_a_bitfield_in_place_of_20_have_messages_stays_connected(double secondsPerBitfield)
    {
        const int bitfields = 200, each = 20;
        using SwarmFixture swarm = new SwarmFixture(bitfields * each).Start(0);
        FakePeer peer = swarm.Connect(1);
        peer.Say(PeerMessageId.Interested);

        for (int i = 1; i < bitfields; i++)
        {
            peer.SendBitfield([.. Enumerable.Range(0, i * each)]);
            for (double passed = 0; passed < secondsPerBitfield; passed += 80)
            {
                swarm.Pass(Math.Min(80, secondsPerBitfield));
                peer.Say(PeerMessageId.KeepAlive);
            }
        }

        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void Every_piece_is_downloaded_from_a_seed_that_suggests_more_pieces_than_are_recorded()
    {
        const int pieces = 1000, allowed = 10;
        using SwarmFixture swarm = new SwarmFixture(pieces, blocksPerPiece: 1).Start();
        FakePeer seed = swarm.Connect(1);
        for (int piece = 0; piece < pieces; piece++)
        {
            var address = new BlockAddress(new PieceIndex(piece), 0, 0);
            seed.Say(PeerMessageId.Suggest, address);
            if (piece < allowed)
                seed.Say(PeerMessageId.AllowedFast, address);
        }

        seed.SendBitfield([.. Enumerable.Range(0, pieces)]);
        seed.Say(PeerMessageId.Unchoke);
        seed.GiveAll();

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Useless, seed.ClosedFor);
    }
}
