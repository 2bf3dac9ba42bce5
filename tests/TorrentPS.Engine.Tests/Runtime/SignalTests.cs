using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Tests.Runtime;

public sealed class SignalTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Several_sets_before_a_wait_end_one_wait()
    {
        var signal = new Signal();
        signal.Set();
        signal.Set();

        await signal.WaitAsync();
        ValueTask second = signal.WaitAsync();

        Assert.False(second.IsCompleted);
        signal.Set();
        await second.AsTask().WaitAsync(s_limit);
    }

    [Fact]
    public void A_second_waiter_is_refused()
    {
        var signal = new Signal();
        _ = signal.WaitAsync().AsTask();

        Assert.Throws<InvalidOperationException>(() => { _ = signal.WaitAsync().AsTask(); });
    }

    [Fact]
    public async Task No_set_is_lost_between_two_threads()
    {
        const int count = 20_000;
        var ping = new Signal();
        var pong = new Signal();
        Task echo = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                await ping.WaitAsync();
                pong.Set();
            }
        });

        Task calls = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                ping.Set();
                await pong.WaitAsync();
            }
        });

        await Task.WhenAll(echo, calls).WaitAsync(s_limit);
    }
}
