using TorrentPS.Engine.Policy.Requests;

namespace TorrentPS.Engine.Tests.Policy.Requests;

/// <summary>Peers that reject or ignore requests.</summary>
public sealed class RequestOutcomesTests
{
    [Fact]
    public void A_peer_that_rejects_more_than_it_sends_is_recognised_after_the_threshold()
    {
        var service = new RequestOutcomes();
        for (int i = 0; i < RequestOutcomes.RejectThreshold; i++)
        {
            Assert.False(service.RejectsMost);
            service.OnReject();
        }

        Assert.True(service.RejectsMost);
    }

    [Fact]
    public void A_peer_that_sends_more_than_it_rejects_is_tolerated()
    {
        var service = new RequestOutcomes();
        for (int i = 0; i < 1000; i++)
        {
            service.OnBlock();
            service.OnBlock();
            service.OnReject();
        }

        Assert.False(service.RejectsMost);
    }

    [Fact]
    public void A_peer_is_stalled_after_minutes_of_timeouts_without_a_block()
    {
        var service = new RequestOutcomes();
        service.OnTimeout(TimeSpan.FromSeconds(10));
        service.OnTimeout(TimeSpan.FromSeconds(100));
        service.OnBlock();
        service.OnTimeout(TimeSpan.FromSeconds(150));
        Assert.False(service.IsStalled(TimeSpan.FromSeconds(300)));

        service.OnTimeout(TimeSpan.FromSeconds(250));
        Assert.True(service.IsStalled(TimeSpan.FromSeconds(330)));
    }
}
