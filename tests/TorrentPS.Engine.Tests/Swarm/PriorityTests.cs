using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>What is wanted changes while the torrent runs.</summary>
public sealed class PriorityTests
{
    private const DownloadPriority Skip = DownloadPriority.Skip;
    private const DownloadPriority Normal = DownloadPriority.Normal;
    private const DownloadPriority High = DownloadPriority.High;

    [Fact]
    public void Requests_for_skipped_pieces_are_cancelled_and_their_blocks_dropped()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 4, blocksPerPiece: 4).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        peer.Give(swarm.BlockAt(0, 0));
        BlockAddress[] asked = [.. peer.Asked.Where(block => block.Piece.Value == 0)];
        Assert.NotEmpty(asked);
        Assert.Equal(1, swarm.Pool.Outstanding);

        Change(swarm, Skip, Normal, Normal, Skip);

        Assert.Equal(
            asked, peer.Blocks(PeerMessageId.Cancel).Order(Comparer<BlockAddress>.Create((a, b) => a.Begin - b.Begin)));
        Assert.Equal(0, swarm.Pool.Outstanding);
        Assert.All(peer.Asked, block => Assert.InRange(block.Piece.Value, 1, 2));
        Assert.Equal((8L * SwarmFixture.Block, 0.0), (swarm.Status.WantedSize, swarm.Status.Progress));
        peer.GiveAll();
        Assert.Equal((TorrentState.Finished, 2, 100.0), (swarm.State, swarm.Status.PiecesHave, swarm.Status.Progress));
    }

    [Fact]
    public void A_block_of_a_dropped_piece_that_was_under_way_is_wasted_but_no_offence()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 600, blocksPerPiece: 1).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        BlockAddress[] asked = [.. peer.Asked];
        Change(swarm, [.. Enumerable.Repeat(Skip, 100), .. Enumerable.Repeat(Normal, 500)]);

        foreach (BlockAddress block in asked)
            peer.Give(block);

        Assert.Equal(asked.Length * SwarmFixture.Block, swarm.Status.Wasted);
        Assert.Equal(0, swarm.Pool.Outstanding);
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void When_all_that_is_still_wanted_is_here_the_torrent_is_finished_and_loses_interest()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1);
        FakePeer peer = swarm.Connect(1);
        peer.SendBitfield(2);
        peer.Say(PeerMessageId.Unchoke);

        Change(swarm, Normal, Normal, Skip, Skip);

        Assert.Equal(TorrentState.Finished, swarm.State);
        Assert.NotNull(swarm.Status.CompletedAt);
        Assert.Empty(peer.Asked);
        Assert.Equal(1, peer.Count(PeerMessageId.NotInterested));
    }

    [Fact]
    public void A_finished_torrent_goes_on_when_more_is_wanted()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with { Priorities = [Normal, Skip, Skip, Skip] }).Start(0);
        Assert.Equal(TorrentState.Finished, swarm.State);
        FakePeer peer = swarm.Connect(1);
        peer.SendBitfield(1, 2);
        peer.Say(PeerMessageId.Unchoke);
        Assert.Empty(peer.Asked);

        Change(swarm, Normal, Skip, Normal);

        Assert.Equal(TorrentState.Downloading, swarm.State);
        Assert.Null(swarm.Status.CompletedAt);
        Assert.Equal([swarm.BlockAt(2, 0), swarm.BlockAt(2, 1)], peer.Asked);
        Assert.Equal(100.0 / 3, swarm.Status.Progress, 3);
        peer.GiveAll();
        Assert.Equal(TorrentState.Downloading, swarm.State);
    }

    [Fact]
    public void Seeds_that_were_useless_before_are_dialled_again()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with { Priorities = [Normal, Skip, Skip, Skip] }).Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        FakePeer seed = swarm.Connect(1, incoming: false).Serving();
        seed.GiveAll();
        Assert.NotNull(seed.ClosedFor);
        seed.Leave();
        swarm.Pass(600);
        Assert.Single(swarm.Dialed);

        Change(swarm);

        Assert.Equal(2, swarm.Dialed.Count);
    }

    [Fact]
    public void A_complete_piece_that_waits_for_its_hash_is_kept()
    {
        using SwarmFixture swarm = new SwarmFixture(blocksPerPiece: 1).Start();
        FakePeer peer = swarm.Connect(1).Serving();
        swarm.Store.IsBusy = true;
        peer.Give(swarm.BlockAt(0, 0));

        Change(swarm, Skip);
        swarm.Store.IsBusy = false;
        swarm.Handle(Tick.Instance);

        Assert.Equal(1, swarm.Status.PiecesHave);
        Assert.Equal(3L * SwarmFixture.Block, swarm.Status.WantedSize);
        Assert.Equal(0, swarm.Status.Progress);
    }

    [Fact]
    public void Pieces_of_higher_priority_are_requested_next()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 400, blocksPerPiece: 1).Start();
        FakePeer peer = swarm.Connect(1).Serving();

        Change(swarm, [.. Enumerable.Repeat(Normal, 300), .. Enumerable.Repeat(High, 100)]);
        int before = peer.Asked.Count;
        peer.Give(peer.Asked[0]);

        Assert.All(peer.Asked.Skip(before), block => Assert.InRange(block.Piece.Value, 300, 399));
    }

    [Fact]
    public void Changes_while_checking_or_paused_hold_when_it_runs()
    {
        using SwarmFixture swarm = new();
        swarm.Begin();
        Change(swarm, Normal, Skip, Skip, Skip);
        swarm.Checked(0);
        Assert.Equal(TorrentState.Finished, swarm.State);

        swarm.Handle(new PauseRequested());
        Change(swarm, Normal, Normal, Skip, Skip);
        Assert.Equal(TorrentState.Paused, swarm.State);
        swarm.Handle(new ResumeRequested());

        Assert.Equal(TorrentState.Downloading, swarm.State);
        Assert.Equal(2L * 2 * SwarmFixture.Block, swarm.Status.WantedSize);
    }

    [Fact]
    public void A_seed_stays_a_seed_whatever_the_priorities()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s =>
                s with
                {
                    Torrent = s.Torrent with { Role = TorrentRole.Seed, AllowPartial = true },
                    Priorities = [Normal, Skip, Skip, Skip],
                })
            .Start(0);

        Change(swarm);

        Assert.Equal(TorrentState.Finished, swarm.State);
    }

    private static void Change(SwarmFixture swarm, params DownloadPriority[] priorities) =>
        swarm.Handle(new PrioritiesChanged(priorities));
}
