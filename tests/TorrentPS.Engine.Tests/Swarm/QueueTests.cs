using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>A queued torrent does nothing until its queue or the user starts it.</summary>
public sealed class QueueTests
{
    [Fact]
    public void A_queued_torrent_neither_checks_nor_dials_nor_announces_until_it_is_admitted()
    {
        using var swarm = new SwarmFixture();
        swarm.Enqueue();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Manual));
        swarm.Pass(60);
        Assert.Equal(TorrentState.Queued, swarm.State);
        Assert.Equal((0, 0, 0), (swarm.Checks, swarm.Announcing, swarm.Dialed.Count));

        swarm.Handle(new QueueAdmitted());
        Assert.Equal((TorrentState.Checking, 1), (swarm.State, swarm.Checks));
        swarm.Checked();
        Assert.Equal((TorrentState.Downloading, 1, 1), (swarm.State, swarm.Announcing, swarm.Dialed.Count));
    }

    [Fact]
    public void A_queued_magnet_link_downloads_its_metadata_when_it_is_admitted()
    {
        using var swarm = new SwarmFixture(with: settings => settings with { Geometry = null });
        swarm.Enqueue();
        Assert.Equal((TorrentState.Queued, 0), (swarm.State, swarm.Announcing));
        swarm.Handle(new QueueAdmitted());
        Assert.Equal((TorrentState.DownloadingMetadata, 1), (swarm.State, swarm.Announcing));
    }

    [Fact]
    public void A_queued_torrent_refuses_connections()
    {
        using var swarm = new SwarmFixture();
        swarm.Enqueue();
        swarm.Connect(1);
        swarm.Pass(1);
        Assert.Equal(0, swarm.Status.Peers);
    }

    [Fact]
    public void The_user_can_stop_pause_and_start_a_queued_torrent()
    {
        using var stopped = new SwarmFixture();
        stopped.Enqueue();
        stopped.Handle(new StopRequested());
        stopped.Handle(new QueueAdmitted());
        Assert.Equal(TorrentState.Stopped, stopped.State);

        using var paused = new SwarmFixture();
        paused.Enqueue();
        paused.Handle(new PauseRequested());
        paused.Handle(new QueueAdmitted());
        Assert.Equal(TorrentState.Paused, paused.State);
        paused.Handle(new ResumeRequested());
        Assert.Equal((TorrentState.Checking, 1), (paused.State, paused.Checks));

        using var started = new SwarmFixture();
        started.Enqueue();
        started.Handle(new ResumeRequested());
        started.Handle(new QueueAdmitted());
        Assert.Equal((TorrentState.Checking, 1), (started.State, started.Checks));
    }
}
