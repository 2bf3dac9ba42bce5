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
}
