using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>A download that receives nothing new is reported as stalled, with the reason and the time.</summary>
public sealed class StallTests
{
    private static readonly double s_timeout = StallHandler.Timeout.TotalSeconds;

    [Fact]
    public void A_download_without_peers_is_stalled_after_the_timeout_and_continues_when_data_arrives()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        DateTimeOffset start = swarm.Time.GetUtcNow();
        swarm.Pass(s_timeout - 1);
        Assert.Equal((TorrentState.Downloading, null), (swarm.State, swarm.Status.StalledReason));

        swarm.Pass(2);
        Assert.Equal((TorrentState.Stalled, StalledReason.NoPeers), (swarm.State, swarm.Status.StalledReason));
        Assert.InRange(swarm.Status.StalledSince!.Value, start, start.AddSeconds(1));
        Assert.Equal(TorrentState.Stalled, swarm.Published[^1].State);

        FakePeer seed = swarm.Connect(1).Serving();
        seed.Give(seed.Asked[0]);
        swarm.Pass(0.25);
        Assert.Equal((TorrentState.Downloading, null), (swarm.State, swarm.Status.StalledSince));
        Assert.Equal(
            ["State changed from Downloading to Stalled: no peer is connected.", "State changed from Stalled to Downloading."],
            swarm.Reported.Where(e => e.Message.Contains("Stalled", StringComparison.Ordinal)).Select(e => e.Message));
    }

    [Fact]
    public void The_reason_follows_what_the_connected_peers_do()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1);
        swarm.Pass(s_timeout + 1);
        Assert.Equal(StalledReason.NoWantedPieces, swarm.Status.StalledReason);
        DateTimeOffset? since = swarm.Status.StalledSince;

        peer.Have(0);
        swarm.Pass(1);
        Assert.Equal(StalledReason.Choked, swarm.Status.StalledReason);

        peer.Say(PeerMessageId.Unchoke);
        swarm.Pass(1);
        Assert.Equal(StalledReason.NoData, swarm.Status.StalledReason);
        Assert.Equal(since, swarm.Status.StalledSince);
        Assert.Contains(swarm.Reported, e => e.Message == "Still stalled: the connected peers send no new data.");
    }

    [Fact]
    public void A_download_that_receives_a_block_every_29_seconds_is_never_stalled()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer seed = swarm.Connect(1).Serving();
        for (int i = 0; i < 6; i++)
        {
            swarm.Pass(s_timeout - 1);
            Assert.Equal(TorrentState.Downloading, swarm.State);
            seed.Give(seed.Asked[0]);
        }
    }

    [Fact]
    public void A_download_that_this_client_limits_itself_is_not_stalled()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Connect(1).Serving().IsHeldBack = true;
        swarm.Pass(2 * s_timeout);
        Assert.Equal(TorrentState.Downloading, swarm.State);
    }

    [Fact]
    public void A_metadata_download_without_data_is_stalled_too()
    {
        using var swarm = new SwarmFixture(with: settings => settings with { Geometry = null, MaxMetadataSize = 1 << 20 });
        swarm.Begin();
        swarm.Pass(s_timeout + 1);
        Assert.Equal((TorrentState.Stalled, StalledReason.NoPeers), (swarm.State, swarm.Status.StalledReason));

        swarm.Connect(1);
        swarm.Pass(1);
        Assert.Equal(StalledReason.NoMetadata, swarm.Status.StalledReason);
    }

    [Fact]
    public void A_pause_ends_the_stall_and_its_time_is_counted_again_after_the_resumption()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Pass(s_timeout + 1);
        swarm.Handle(new TorrentPS.Engine.Swarm.State.PauseRequested());
        Assert.Equal((TorrentState.Paused, null), (swarm.State, swarm.Status.StalledReason));
        Assert.Contains(swarm.Reported, e => e.Message == "State changed from Stalled to Paused.");
        swarm.Pass(2 * s_timeout);
        swarm.Handle(new TorrentPS.Engine.Swarm.State.ResumeRequested());

        swarm.Pass(s_timeout - 1);
        Assert.Equal(TorrentState.Downloading, swarm.State);
        swarm.Pass(2);
        Assert.Equal(TorrentState.Stalled, swarm.State);
    }

    [Fact]
    public void A_seed_without_peers_is_not_stalled()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0, 1, 2, 3);
        swarm.Pass(2 * s_timeout);
        Assert.Equal(TorrentState.Seeding, swarm.State);
    }
}
