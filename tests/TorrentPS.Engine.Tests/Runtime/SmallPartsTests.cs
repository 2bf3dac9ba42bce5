using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Tests.Runtime;

/// <summary>Tests of RingList, WaitGroup and RateMeter.</summary>
public sealed class SmallPartsTests
{
    [Fact]
    public void A_ring_list_behaves_as_a_list_does()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), steps =>
        {
            var ring = new RingList<int>();
            var model = new List<int>();
            foreach (int step in steps)
            {
                if (model.Count > 0 && step % 3 == 0)
                {
                    Assert.Equal(model[0], ring.Dequeue());
                    model.RemoveAt(0);
                }
                else if (model.Count > 0 && step % 3 == 1)
                {
                    int at = (step & int.MaxValue) % model.Count;
                    ring.RemoveAt(at);
                    model.RemoveAt(at);
                }
                else
                {
                    // Several at once, so that the ring grows while its head is in the middle.
                    for (int i = 0; i < 5; i++)
                    {
                        ring.Enqueue(step + i);
                        model.Add(step + i);
                    }
                }

                Assert.Equal(model, Enumerable.Range(0, ring.Count).Select(i => ring[i]));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_cleared_ring_list_is_empty_and_usable()
    {
        var ring = new RingList<int>();
        for (int i = 0; i < 40; i++)
            ring.Enqueue(i);
        ring.Clear();
        ring.Enqueue(7);

        Assert.Equal((1, 7), (ring.Count, ring.Dequeue()));
    }

    [Fact]
    public async Task The_wait_group_is_idle_when_the_last_task_has_ended()
    {
        var tasks = new WaitGroup();
        Assert.True(tasks.WhenIdleAsync().IsCompleted);
        tasks.Enter();
        tasks.Enter();
        Task idle = tasks.WhenIdleAsync();
        tasks.Leave();
        Assert.False(idle.IsCompleted);

        tasks.Leave();

        await idle.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, tasks.Running);
    }

    [Fact]
    public void A_steady_rate_is_exact_from_the_first_second_and_fades_within_seconds()
    {
        var meter = new RateMeter(RateMeter.DisplaySmoothing);
        long total = 0;
        for (int second = 0; second < 30; second++)
        {
            total += 100_000;
            meter.Sample(total, TimeSpan.FromSeconds(1));
            Assert.InRange(meter.Rate, 99_000, 100_000);
        }

        meter.Sample(total, TimeSpan.FromSeconds(3));
        Assert.InRange(meter.Rate, 30_000, 45_000);
        for (int second = 0; second < 60; second++)
            meter.Sample(total, TimeSpan.FromSeconds(1));
        Assert.Equal(0, meter.Rate);
    }

    [Fact]
    public void Samples_without_time_between_them_are_ignored()
    {
        var meter = new RateMeter(RateMeter.DisplaySmoothing);
        meter.Sample(1_000_000, TimeSpan.Zero);
        Assert.Equal(0, meter.Rate);
        meter.Sample(1_000_000, TimeSpan.FromSeconds(1));
        Assert.Equal(1_000_000, meter.Rate);
    }
}
