using TorrentPS.Engine.Policy.Requests;

namespace TorrentPS.Engine.Tests.Policy.Requests;

/// <summary>Peers that say they serve and do not.</summary>
public sealed class RequestOutcomesTests
{
    [Fact]
    public void A_peer_that_refuses_more_than_it_gives_is_a_liar_but_not_at_the_first_refusals()
    {
        var service = new RequestOutcomes();
        for (int i = 0; i < RequestOutcomes.MaxRefusals; i++)
        {
            Assert.False(service.IsLiar);
            service.OnRefusal();
        }

        Assert.True(service.IsLiar);
    }

    [Fact]
    public void A_peer_that_gives_more_than_it_refuses_is_none()
    {
        var service = new RequestOutcomes();
        for (int i = 0; i < 1000; i++)
        {
            service.OnBlock();
            service.OnBlock();
            service.OnRefusal();
        }

        Assert.False(service.IsLiar);
    }

    [Fact]
    public void Only_minutes_of_stalls_without_a_block_between_make_a_staller()
    {
        var service = new RequestOutcomes();
        service.OnStall(TimeSpan.FromSeconds(10));
        service.OnStall(TimeSpan.FromSeconds(100));
        service.OnBlock();
        service.OnStall(TimeSpan.FromSeconds(150));
        Assert.False(service.IsStaller(TimeSpan.FromSeconds(300)));

        service.OnStall(TimeSpan.FromSeconds(250));
        Assert.True(service.IsStaller(TimeSpan.FromSeconds(330)));
    }
}
