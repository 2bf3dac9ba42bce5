using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Tests.Trackers;

namespace TorrentPS.Engine.Tests.Runtime;

/// <summary>Transfers pass at the limit and no faster, in virtual time.</summary>
public sealed class RateLimitTests
{
    private const int Piece = 16 * 1024;
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(10);

    [Theory]
    [InlineData(1, 1_000_000)]
    [InlineData(7, 1_000_000)]
    [InlineData(3, 100_000)]
    [InlineData(40, 10_000_000)]
    public async Task Concurrent_transfers_together_reach_the_limit_within_two_percent(int takers, long limit)
    {
        var time = new FakeTime();
        await using var crowd = new Crowd(time, takers, new RateLimit(null, limit, time));

        long burst = await crowd.RunAsync(TimeSpan.FromSeconds(2));
        long passed = await crowd.RunAsync(TimeSpan.FromSeconds(10));

        // Each transfer charges a whole piece, so that it may be one piece ahead.
        Assert.InRange(passed, (limit * 9.8) - (Piece * takers), (limit * 10.2) + (Piece * takers));
        Assert.InRange(burst, limit * 1.9, (limit * 2.3) + Piece);
    }

    [Fact]
    public async Task Concurrent_transfers_get_equal_shares_after_the_first_burst()
    {
        var time = new FakeTime();
        await using var crowd = new Crowd(time, 5, new RateLimit(null, 1_000_000, time));

        await crowd.RunAsync(TimeSpan.FromSeconds(10));

        Assert.InRange(crowd.Each.Max() - crowd.Each.Min(), 0, 250_000 + (2 * Piece));
        Assert.InRange(crowd.Each[1..].Max() - crowd.Each[1..].Min(), 0, 2 * Piece);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    [InlineData(100_000_000)]
    public async Task The_average_is_within_two_percent_of_the_limit_and_no_burst_exceeds_a_third_of_a_second(
        long limit)
    {
        var time = new FakeTime();
        await using var crowd = new Crowd(time, 3, new RateLimit(null, limit, time));
        var passed = new List<long> { 0 };
        int seconds = limit > 10_000_000 ? 30 : 200;
        for (int step = 0; step < seconds * 10; step++)
        {
            await crowd.RunAsync(TimeSpan.FromSeconds(0.1));
            passed.Add(crowd.Total);
        }

        Assert.InRange(passed[^1], limit * seconds * 0.98, (limit * seconds * 1.02) + Piece);

        // In any period no more passes than the limit allows plus one burst, or one piece if that is larger.
        double burst = Math.Max(limit / 3.0, Piece);
        double ahead = 0;
        double lowest = 0;
        for (int step = 0; step < passed.Count; step++)
        {
            double level = passed[step] - (limit * 0.1 * step);
            ahead = Math.Max(ahead, level - lowest);
            lowest = Math.Min(lowest, level);
        }

        Assert.InRange(ahead, 0, burst);
    }

    [Fact]
    public async Task Peers_of_one_torrent_get_equal_shares()
    {
        var time = new FakeTime();
        var torrent = new RateLimit(new RateLimit(null, null, time), 500_000, time);
        await using var one = new Crowd(time, 1, new RateLimit(torrent, null, time));
        await using var other = new Crowd(time, 1, new RateLimit(torrent, 400_000, time));

        await Crowd.RunAsync(time, TimeSpan.FromSeconds(20), one, other);

        Assert.InRange(one.Total - other.Total, -150_000, 150_000);
        Assert.InRange(one.Total + other.Total, 9_800_000, 10_300_000);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(900_000L)]
    public async Task Torrents_of_one_session_get_equal_shares_whatever_their_number_of_peers(long? ownLimit)
    {
        var time = new FakeTime();
        var session = new RateLimit(null, 1_000_000, time);
        await using var crowded = new Crowd(time, 40, new RateLimit(session, ownLimit, time));
        await using var lonely = new Crowd(time, 1, new RateLimit(session, ownLimit, time));

        await Crowd.RunAsync(time, TimeSpan.FromSeconds(20), crowded, lonely);

        Assert.InRange(lonely.Total, 9_400_000, 10_600_000);
        Assert.InRange(crowded.Total, 9_400_000, 10_600_000);
    }

    [Fact]
    public async Task The_unused_share_of_a_torrent_goes_to_the_others()
    {
        var time = new FakeTime();
        var session = new RateLimit(null, 1_000_000, time);
        await using var small = new Crowd(time, 5, new RateLimit(session, 200_000, time));
        await using var large = new Crowd(time, 1, new RateLimit(session, null, time));

        await Crowd.RunAsync(time, TimeSpan.FromSeconds(20), small, large);

        Assert.InRange(small.Total, 3_800_000, 4_200_000);
        Assert.InRange(large.Total, 15_600_000, 16_500_000);
    }

    [Theory]
    [InlineData(1_000_000L)]
    [InlineData(null)]
    public async Task A_waiting_transfer_continues_within_a_quarter_second_of_a_higher_limit(long? higher)
    {
        var time = new FakeTime();
        var limit = new RateLimit(null, 100, time);
        await using var crowd = new Crowd(time, 2, new RateLimit(limit, 50_000_000, time));
        Assert.Equal(0, await crowd.RunAsync(TimeSpan.FromSeconds(30)));

        limit.Limit = higher;

        Assert.InRange(await crowd.RunAsync(TimeSpan.FromSeconds(0.25)), 10 * Piece, double.MaxValue);
    }

    [Fact]
    public async Task A_lower_limit_applies_within_a_quarter_second()
    {
        var time = new FakeTime();
        var limit = new RateLimit(null, 10_000_000, time);
        await using var crowd = new Crowd(time, 10, limit);
        await crowd.RunAsync(TimeSpan.FromSeconds(5));

        limit.Limit = 50_000;
        Assert.InRange(await crowd.RunAsync(TimeSpan.FromSeconds(0.25)), 0, 2 * Piece);
        Assert.InRange(await crowd.RunAsync(TimeSpan.FromSeconds(10)), 490_000 - Piece, 510_000 + Piece);
    }

    [Fact]
    public async Task A_cancelled_wait_does_not_delay_the_waits_behind_it()
    {
        var time = new FakeTime();
        var limit = new RateLimit(null, 100_000, time);
        using var closing = new CancellationTokenSource();
        SynchronizationContext.SetSynchronizationContext(null);
        Task huge = limit.PassAsync(100_000_000, closing.Token).AsTask();
        Task small = limit.PassAsync(Piece, default).AsTask();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(small.IsCompleted);

        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => huge);
        time.Advance(TimeSpan.FromSeconds(0.25));

        await small.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task After_a_pause_no_more_than_a_short_burst_passes_at_once()
    {
        var time = new FakeTime();
        var limit = new RateLimit(null, 1_000_000, time);
        time.Advance(TimeSpan.FromHours(1));
        await using var crowd = new Crowd(time, 1, limit);

        Assert.InRange(await crowd.RunAsync(TimeSpan.FromSeconds(1)), 990_000, 1_300_000);
    }

    [Fact]
    public async Task Without_a_limit_every_transfer_passes_at_once()
    {
        var limit = new RateLimit(null, null, new FakeTime());

        for (int i = 0; i < 1000; i++)
        {
            Task passing = limit.PassAsync(int.MaxValue, default).AsTask();
            Assert.True(passing.IsCompleted);
            await passing;
        }

        Assert.False(limit.IsLimited);
    }

    [Fact]
    public async Task A_parent_limits_its_children_together_and_a_child_limits_itself()
    {
        var time = new FakeTime();
        var parent = new RateLimit(null, 1_000_000, time);
        await using var narrow = new Crowd(time, 2, new RateLimit(parent, 100_000, time));
        await using var wide = new Crowd(time, 2, new RateLimit(parent, null, time));

        await Crowd.RunAsync(time, TimeSpan.FromSeconds(10), narrow, wide);

        Assert.InRange(narrow.Total, 900_000, 1_100_000);
        Assert.InRange(narrow.Total + wide.Total, 9_700_000, 10_600_000);
        Assert.True(new RateLimit(parent, null, time).IsLimited);
    }

    [Fact]
    public async Task A_changed_limit_applies_at_once_also_to_waiting_transfers()
    {
        var time = new FakeTime();
        var limit = new RateLimit(null, 1_000, time);
        await using var crowd = new Crowd(time, 10, limit);
        Assert.InRange(await crowd.RunAsync(TimeSpan.FromSeconds(5)), 0, 15_000 + Piece);

        limit.Limit = 1_000_000;
        long faster = await crowd.RunAsync(TimeSpan.FromSeconds(10));
        Assert.InRange(faster, 8_700_000, 10_600_000);

        limit.Limit = 10_000;
        await crowd.RunAsync(TimeSpan.FromSeconds(1));
        Assert.InRange(await crowd.RunAsync(TimeSpan.FromSeconds(20)), 0, 10_000 * 20 + (12 * Piece));
    }

    [Fact]
    public async Task Removing_the_limit_lets_waiting_transfers_pass()
    {
        var time = new FakeTime();
        var limit = new RateLimit(null, 1, time);
        Task waiting = limit.PassAsync(1_000_000, default).AsTask();
        Assert.False(waiting.IsCompleted);

        limit.Limit = null;
        time.Advance(TimeSpan.FromSeconds(1));

        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_wait_can_be_cancelled()
    {
        using var closing = new CancellationTokenSource();
        Task waiting = new RateLimit(null, 1, new FakeTime()).PassAsync(1_000_000, closing.Token).AsTask();

        await closing.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    /// <summary>
    /// Several transfers that each charge one piece after another. Timers fire on the test's thread, and waits continue
    /// there too, so that every run is the same.
    /// </summary>
    private sealed class Crowd : IAsyncDisposable
    {
        private readonly FakeTime _time;
        private readonly long[] _each;
        private readonly Task[] _takers;
        private readonly CancellationTokenSource _closing = new();

        public Crowd(FakeTime time, int count, RateLimit limit)
        {
            _time = time;
            _each = new long[count];
            SynchronizationContext.SetSynchronizationContext(null);
            _takers = [.. Enumerable.Range(0, count).Select(i => TakeAsync(i, limit))];
        }

        public long[] Each => _each;

        public long Total => _each.Sum();

        public async Task<long> RunAsync(TimeSpan duration)
        {
            long before = Total;
            await RunAsync(_time, duration, this);
            return Total - before;
        }

        public static async Task RunAsync(FakeTime time, TimeSpan duration, params Crowd[] crowds)
        {
            SynchronizationContext.SetSynchronizationContext(null);
            for (TimeSpan passed = TimeSpan.Zero; passed < duration; passed += s_step)
                time.Advance(s_step);
            await Task.CompletedTask;
            Assert.DoesNotContain(crowds.SelectMany(crowd => crowd._takers), taker => taker.IsFaulted);
        }

        public async ValueTask DisposeAsync()
        {
            await _closing.CancelAsync();
            await Task.WhenAll(_takers).WaitAsync(TimeSpan.FromSeconds(20));
            _closing.Dispose();
        }

        private async Task TakeAsync(int index, RateLimit limit)
        {
            try
            {
                while (true)
                {
                    await limit.PassAsync(Piece, _closing.Token);
                    _each[index] += Piece;
                }
            }
            catch (OperationCanceledException)
            {
                // The test has ended.
            }
        }
    }
}
