using TorrentPS.Engine.Policy.Trust;

namespace TorrentPS.Engine.Tests.Policy.Trust;

public sealed class FloodLimitTests
{
    [Fact]
    public void The_limit_is_exceeded_by_one_charge_more_than_it_allows()
    {
        var limit = new FloodLimit();
        for (int i = 0; i < FloodLimit.MaxCharge; i++)
            Assert.False(limit.Add(FloodLimit.SmallMessage, TimeSpan.Zero));
        Assert.True(limit.Add(FloodLimit.SmallMessage, TimeSpan.Zero));
    }

    [Fact]
    public void A_peer_below_the_decay_never_reaches_the_limit_and_one_above_it_does()
    {
        var slow = new FloodLimit();
        var fast = new FloodLimit();
        bool isFastOver = false;
        for (int second = 0; second < 3600; second++)
        {
            for (int i = 0; i < FloodLimit.DecayPerSecond; i++)
                Assert.False(slow.Add(FloodLimit.SmallMessage, TimeSpan.FromSeconds(second)));
            for (int i = 0; i < FloodLimit.DecayPerSecond * 2; i++)
                isFastOver |= fast.Add(FloodLimit.SmallMessage, TimeSpan.FromSeconds(second));
        }

        Assert.True(isFastOver);
    }
}
