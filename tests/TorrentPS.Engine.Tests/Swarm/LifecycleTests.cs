using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>The states of a torrent, and how it passes from one to the next.</summary>
public sealed class LifecycleTests
{
    private static readonly StorageFault s_full = new(StorageFaultKind.DiskFull, "/nowhere/file", "No room.");

    [Fact]
    public void A_download_is_checked_runs_completes_and_ends_at_its_goal()
    {
        using SwarmFixture swarm = new(
            with: settings => settings with { Torrent = settings.Torrent with { StopWhen = StopWhen.Complete } });
        swarm.Begin();
        Assert.Equal((TorrentState.Checking, 1), (swarm.State, swarm.Checks));
        swarm.Handle(new CheckProgressed(0.5));
        Assert.Equal(50, swarm.Status.Progress);

        swarm.Checked(0);
        Assert.Equal((TorrentState.Downloading, 25.0), (swarm.State, swarm.Status.Progress));
        Assert.Equal(1, swarm.Announcing);

        FakePeer seed = swarm.Connect(1).Serving();
        seed.GiveAll();

        Assert.Equal(TorrentState.Stopped, swarm.State);
        Assert.Equal([true], swarm.Ends);
        Assert.Equal(1, swarm.CompletedTold);
        Assert.NotNull(swarm.Status.CompletedAt);
        Assert.NotNull(seed.ClosedFor);
        Assert.Equal(swarm.Geometry.TotalLength, swarm.Status.Completed);
    }

    [Fact]
    public void Every_change_of_state_is_published_once()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PauseRequested());
        swarm.Handle(new PauseRequested());
        swarm.Handle(new ResumeRequested());
        swarm.Handle(new ResumeRequested());

        Assert.Equal([TorrentState.Downloading, TorrentState.Paused, TorrentState.Downloading], swarm.Published.Select(
            status => status.State));
    }

    [Fact]
    public void A_seed_whose_data_does_not_match_fails_with_a_fault()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: settings => settings with { Torrent = settings.Torrent with { Role = TorrentRole.Seed } })
            .Start(0, 1, 2);

        Assert.Equal(TorrentState.Failed, swarm.State);
        Assert.Equal(TorrentFaultId.DataMismatch, swarm.Status.Fault?.Id);
        Assert.Equal([false], swarm.Ends);
        Assert.Equal(0, swarm.Announcing);
        swarm.Handle(new ResumeRequested());
        Assert.Equal(TorrentState.Failed, swarm.State);
    }

    [Fact]
    public void A_partial_seed_uploads_verified_pieces_and_downloads_nothing()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with { Torrent = s.Torrent with { Role = TorrentRole.Seed, AllowPartial = true } }).Start(1);
        Assert.Equal(TorrentState.Finished, swarm.State);
        FakePeer peer = swarm.Connect(1);

        peer.Have(2);
        peer.Say(PeerMessageId.Unchoke);
        peer.Say(PeerMessageId.Interested);
        peer.Say(PeerMessageId.Request, swarm.BlockAt(1, 0));
        swarm.Pass(1);

        Assert.Single(peer.Queue);
        Assert.Equal(0, peer.Count(PeerMessageId.Interested));
        Assert.Empty(peer.Asked);
    }

    [Fact]
    public void A_check_that_cannot_be_done_pauses_with_its_name_and_resuming_checks_again()
    {
        using SwarmFixture swarm = new();
        swarm.Begin();
        swarm.Handle(new CheckFailed(new StorageFault(StorageFaultKind.AccessDenied, "/nowhere", "Denied.")));
        Assert.Equal((TorrentState.Paused, TorrentFaultId.AccessDenied), (swarm.State, swarm.Status.Fault?.Id));

        swarm.Handle(new ResumeRequested());
        Assert.Equal((TorrentState.Checking, 2), (swarm.State, swarm.Checks));
        Assert.Null(swarm.Status.Fault);
        swarm.Checked();
        Assert.Equal(TorrentState.Downloading, swarm.State);
    }

    [Fact]
    public void A_pause_while_checking_holds_once_the_check_is_done()
    {
        using SwarmFixture swarm = new();
        swarm.Begin();
        swarm.Handle(new PauseRequested());
        swarm.Checked(0);
        Assert.Equal(TorrentState.Paused, swarm.State);
        Assert.Equal(0, swarm.Announcing);

        swarm.Handle(new ResumeRequested());
        Assert.Equal((TorrentState.Downloading, 1, 1), (swarm.State, swarm.Checks, swarm.Status.PiecesHave));
    }

    [Fact]
    public void A_pause_while_checking_that_is_taken_back_leaves_no_trace()
    {
        using SwarmFixture swarm = new();
        swarm.Begin();
        swarm.Handle(new PauseRequested());
        swarm.Handle(new ResumeRequested());
        swarm.Checked();

        Assert.Equal((TorrentState.Downloading, 1), (swarm.State, swarm.Checks));
    }

    [Fact]
    public void A_full_disk_pauses_by_name_and_resuming_goes_on_with_nothing_lost()
    {
        using SwarmFixture swarm = new SwarmFixture(blocksPerPiece: 3).Start();
        FakePeer seed = swarm.Connect(1).Serving();
        seed.Give(swarm.BlockAt(0, 0));
        seed.Give(swarm.BlockAt(1, 0));
        swarm.Store.Refusal = s_full;
        seed.Give(swarm.BlockAt(0, 1));
        seed.Give(swarm.BlockAt(0, 2));

        Assert.Equal((TorrentState.Paused, TorrentFaultId.DiskFull), (swarm.State, swarm.Status.Fault?.Id));
        Assert.Equal((DisconnectReason?)DisconnectReason.Stopping, seed.ClosedFor);
        Assert.Equal(1, swarm.AnnouncingStopped);
        seed.Leave();
        Assert.Equal(DisconnectReason.Stopping, swarm.Connect(2).ClosedFor);

        swarm.Handle(new ResumeRequested());
        Assert.Equal((TorrentState.Paused, TorrentFaultId.DiskFull), (swarm.State, swarm.Status.Fault?.Id));

        swarm.Store.Refusal = null;
        swarm.Handle(new ResumeRequested());
        Assert.Equal((TorrentState.Downloading, 1), (swarm.State, swarm.Status.PiecesHave));
        Assert.Null(swarm.Status.Fault);
        FakePeer again = swarm.Connect(3).Serving();
        Assert.DoesNotContain(swarm.BlockAt(1, 0), again.Asked);
        again.GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(swarm.Geometry.TotalLength, swarm.Status.Downloaded);
    }

    [Fact]
    public void A_piece_verified_while_paused_counts()
    {
        using SwarmFixture swarm = new SwarmFixture(
            pieces: 1, with: s => s with { Torrent = s.Torrent with { StopWhen = StopWhen.Complete } }).Start();
        swarm.Handle(new PauseRequested());
        swarm.Handle(new PieceVerified(default, null));
        Assert.Equal(TorrentState.Paused, swarm.State);

        swarm.Handle(new ResumeRequested());

        Assert.Equal([true], swarm.Ends);
    }

    [Fact]
    public void The_ratio_goal_ends_a_seed_once_enough_was_sent()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s =>
                s with { Torrent = s.Torrent with { Role = TorrentRole.Seed, StopWhen = StopWhen.Ratio, SeedRatio = 0.5 } })
            .Start(0, 1, 2, 3);
        FakePeer leech = swarm.Connect(1);
        leech.Traffic = new PeerTraffic(0, 0, (swarm.Geometry.TotalLength / 2) - 1);
        swarm.Pass(1);
        Assert.Empty(swarm.Ends);

        leech.Traffic = new PeerTraffic(0, 0, swarm.Geometry.TotalLength / 2);
        swarm.Pass(1);

        Assert.Equal([true], swarm.Ends);
        Assert.Equal(0.5, swarm.Status.Ratio);
    }

    [Fact]
    public void A_download_with_a_ratio_goal_seeds_on_after_it_is_complete()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with { Torrent = s.Torrent with { StopWhen = StopWhen.Ratio, SeedRatio = 1 } }).Start();
        swarm.Connect(1).Serving().GiveAll();
        swarm.Pass(1);

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Empty(swarm.Ends);
    }

    [Fact]
    public void A_torrent_without_a_single_piece_completes_at_once()
    {
        using SwarmFixture swarm = new SwarmFixture(
            length: 0, with: s => s with { Torrent = s.Torrent with { StopWhen = StopWhen.Complete } }).Start();

        Assert.Equal([true], swarm.Ends);
        Assert.Equal(100, swarm.Status.Progress);
    }

    [Fact]
    public void A_torrent_of_which_nothing_is_wanted_completes_at_once()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with
            {
                Torrent =
                s.Torrent with { StopWhen = StopWhen.Complete },
                Priorities = new DownloadPriority[4]
            }).Start();

        Assert.Equal([true], swarm.Ends);
        Assert.Equal((100.0, 0L), (swarm.Status.Progress, swarm.Status.WantedSize));
    }

    [Fact]
    public void Only_wanted_pieces_are_downloaded_and_then_the_torrent_is_finished()
    {
        DownloadPriority[] wishes =
            [DownloadPriority.Skip, DownloadPriority.Normal, DownloadPriority.Skip, DownloadPriority.High];
        using SwarmFixture swarm = new SwarmFixture(with: s => s with { Priorities = wishes }).Start();
        FakePeer seed = swarm.Connect(1).Serving();
        Assert.Equal(3, seed.Asked[0].Piece.Value);

        seed.GiveAll();

        Assert.Equal((TorrentState.Finished, 2, 100.0), (swarm.State, swarm.Status.PiecesHave, swarm.Status.Progress));
        Assert.Equal(4 * SwarmFixture.Block, swarm.Status.Downloaded);
    }

    public static TheoryData<string> Moments =>
        ["checking", "checked", "downloading", "paused", "faulted", "seeding", "goal", "failed", "stopped"];

    [Theory]
    [MemberData(nameof(Moments))]
    public void A_stop_at_any_moment_ends_the_torrent_once_and_later_events_change_nothing(string moment)
    {
        using SwarmFixture swarm = new(with: s => s with
        {
            Torrent = s.Torrent with
            {
                StopWhen = moment == "goal"
            ? StopWhen.Complete
            : StopWhen.Never
            }
        });
        swarm.Begin();
        FakePeer? peer = null;
        if (moment != "checking")
            swarm.Checked();
        if (moment is not ("checking" or "checked"))
            peer = swarm.Connect(1).Serving();
        if (moment is "seeding" or "goal")
            peer!.GiveAll();
        if (moment == "paused")
            swarm.Handle(new PauseRequested());
        if (moment == "faulted")
            swarm.Handle(new StorageFaulted(s_full));
        if (moment == "failed")
            swarm.Fail(new InvalidOperationException("test"));
        if (moment == "stopped")
            swarm.Handle(new StopRequested());

        swarm.Handle(new StopRequested());
        TorrentStatus ended = swarm.Status;
        swarm.Checked(0, 1, 2, 3);
        swarm.Handle(new CheckFailed(s_full));
        swarm.Handle(new StorageFaulted(s_full));
        swarm.Handle(new PauseRequested());
        swarm.Handle(new ResumeRequested());
        swarm.Handle(new PeersFound([SwarmFixture.At(9)], PeerSource.Manual));
        swarm.Fail(new InvalidOperationException("late"));
        swarm.Pass(30);

        Assert.Single(swarm.Ends);
        Assert.True(ended.HasEnded);
        Assert.Equal((ended.State, ended.Fault), (swarm.State, swarm.Status.Fault));
        Assert.Equal(moment == "failed" ? TorrentState.Failed : TorrentState.Stopped, swarm.State);
        Assert.Empty(swarm.Dialed);
        Assert.Equal(DisconnectReason.Stopping, swarm.Connect(5).ClosedFor);
    }

    [Fact]
    public void An_error_in_the_loop_fails_the_torrent_by_name()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);

        swarm.Fail(new InvalidOperationException("broken"));

        Assert.Equal((TorrentState.Failed, TorrentFaultId.InternalError), (swarm.State, swarm.Status.Fault?.Id));
        Assert.Contains("broken", swarm.Status.Fault!.Message, StringComparison.Ordinal);
        Assert.NotNull(peer.ClosedFor);
        Assert.Equal([false], swarm.Ends);
    }
}
