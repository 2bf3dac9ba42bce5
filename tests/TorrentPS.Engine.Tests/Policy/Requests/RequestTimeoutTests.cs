using TorrentPS.Engine.Policy.Requests;

namespace TorrentPS.Engine.Tests.Policy.Requests;

public sealed class RequestTimeoutTests
{
    [Fact]
    public void The_timeout_exceeds_the_mean_wait_by_the_margin_up_to_the_cap()
    {
        var timeout = new RequestTimeout();
        Assert.Equal(RequestTimeout.Initial, timeout.Value);
        for (int i = 0; i < 100; i++)
            timeout.OnBlock(TimeSpan.FromSeconds(4));
        Assert.InRange(timeout.Value.TotalSeconds, 6, 6.1);
        for (int i = 0; i < 100; i++)
            timeout.OnBlock(TimeSpan.FromMilliseconds(5));
        Assert.InRange(timeout.Value.TotalSeconds, 2, 2.1);
        for (int i = 0; i < 100; i++)
            timeout.OnBlock(TimeSpan.FromDays(1));
        Assert.Equal(RequestTimeout.Cap, timeout.Value);
    }

    [Fact]
    public void An_unsteady_peer_gets_a_longer_timeout_than_a_steady_one_of_the_same_mean()
    {
        var steady = new RequestTimeout();
        var unsteady = new RequestTimeout();
        for (int i = 0; i < 100; i++)
        {
            steady.OnBlock(TimeSpan.FromSeconds(4));
            unsteady.OnBlock(TimeSpan.FromSeconds(i % 2 == 0 ? 1 : 7));
        }

        Assert.True(unsteady.Value > steady.Value + TimeSpan.FromSeconds(4));
    }

    [Fact]
    public void Each_timeout_doubles_the_value_until_a_block_is_received()
    {
        var timeout = new RequestTimeout();
        for (int i = 0; i < 50; i++)
            timeout.OnBlock(TimeSpan.FromSeconds(3));
        double before = timeout.Value.TotalSeconds;
        timeout.OnTimeout();
        Assert.Equal(2 * before, timeout.Value.TotalSeconds, 3);
        for (int i = 0; i < 100; i++)
            timeout.OnTimeout();
        Assert.Equal(RequestTimeout.Cap, timeout.Value);
        timeout.OnBlock(TimeSpan.FromSeconds(3));
        Assert.Equal(before, timeout.Value.TotalSeconds, 1);
    }
}
