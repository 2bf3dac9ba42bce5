using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>A torrent fails when it exceeds one of its time limits, and never before.</summary>
public sealed class TimeLimitTests
{
    [Fact]
    public void A_download_without_peers_fails_after_its_stall_timeout()
    {
        using SwarmFixture swarm = With(settings => settings with { StallTimeout = TimeSpan.FromSeconds(40) }).Start();
        swarm.Pass(39);
        Assert.Equal(TorrentState.Stalled, swarm.State);
        swarm.Pass(2);
        Assert.Equal((TorrentState.Failed, TorrentFaultId.StallTimeout), (swarm.State, swarm.Status.Fault?.Id));
        Assert.Equal(
            "'test' received no new data for 40 s: no peer is connected. Verified pieces are kept.",
            swarm.Status.Fault?.Message);
    }

    [Fact]
    public void A_download_that_receives_blocks_meets_no_stall_timeout()
    {
        using SwarmFixture swarm = With(settings => settings with { StallTimeout = TimeSpan.FromSeconds(5) }).Start();
        FakePeer seed = swarm.Connect(1).Serving();
        for (int i = 0; i < 6; i++)
        {
            swarm.Pass(4);
            Assert.Equal(TorrentState.Downloading, swarm.State);
            seed.Give(seed.Asked[0]);
        }
    }

    [Fact]
    public void A_seed_and_a_paused_torrent_meet_no_stall_timeout()
    {
        TimeSpan limit = TimeSpan.FromSeconds(5);
        using SwarmFixture seed = With(settings => settings with { StallTimeout = limit }).Start(0, 1, 2, 3);
        using SwarmFixture paused = With(settings => settings with { StallTimeout = limit }).Start();
        paused.Handle(new PauseRequested());
        seed.Pass(60);
        paused.Pass(60);
        Assert.Equal((TorrentState.Seeding, TorrentState.Paused), (seed.State, paused.State));
    }

    [Fact]
    public void A_download_fails_after_its_timeout_although_it_receives_data()
    {
        using SwarmFixture swarm = With(settings => settings with { Timeout = TimeSpan.FromSeconds(10) }).Start();
        FakePeer seed = swarm.Connect(1).Serving();
        swarm.Pass(5);
        seed.Give(seed.Asked[0]);
        swarm.Pass(4);
        Assert.Equal(TorrentState.Downloading, swarm.State);
        swarm.Pass(2);
        Assert.Equal((TorrentState.Failed, TorrentFaultId.Timeout), (swarm.State, swarm.Status.Fault?.Id));
        Assert.Contains("did not reach its goal within 10 s", swarm.Status.Fault?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_complete_torrent_without_a_goal_meets_no_timeout()
    {
        using SwarmFixture swarm =
            With(settings => settings with { Timeout = TimeSpan.FromSeconds(5) }).Start(0, 1, 2, 3);
        swarm.Pass(60);
        Assert.Equal(TorrentState.Seeding, swarm.State);
    }

    [Fact]
    public void A_torrent_that_has_not_uploaded_its_ratio_in_time_fails()
    {
        using SwarmFixture swarm = With(settings => settings with
        {
            Timeout = TimeSpan.FromSeconds(5),
            StopWhen = StopWhen.Ratio,
        }).Start(0, 1, 2, 3);
        swarm.Pass(6);
        Assert.Equal(TorrentFaultId.Timeout, swarm.Status.Fault?.Id);
    }

    [Fact]
    public void The_time_in_the_queue_does_not_count()
    {
        using SwarmFixture swarm = With(settings => settings with { Timeout = TimeSpan.FromSeconds(5) });
        swarm.Enqueue();
        swarm.Pass(60);
        Assert.Equal((TorrentState.Queued, TimeSpan.Zero), (swarm.State, swarm.Status.Elapsed));
        swarm.Handle(new QueueAdmitted());
        swarm.Checked();
        swarm.Pass(4);
        Assert.Equal((TorrentState.Downloading, TimeSpan.FromSeconds(4)), (swarm.State, swarm.Status.Elapsed));
        swarm.Pass(2);
        Assert.Equal(TorrentState.Failed, swarm.State);
    }

    [Fact]
    public void The_fault_that_paused_a_torrent_is_kept_at_its_timeout()
    {
        using SwarmFixture swarm = With(settings => settings with { Timeout = TimeSpan.FromSeconds(5) }).Start();
        var full = new StorageFault(StorageFaultKind.DiskFull, "/nowhere/a", "The disk is full.");
        swarm.Handle(new StorageFaulted(full));
        swarm.Pass(6);
        Assert.Equal((TorrentState.Failed, TorrentFaultId.DiskFull), (swarm.State, swarm.Status.Fault?.Id));
    }

    private static SwarmFixture With(Func<TorrentSettings, TorrentSettings> change) =>
        new(with: settings => settings with { Torrent = change(settings.Torrent) });
}
