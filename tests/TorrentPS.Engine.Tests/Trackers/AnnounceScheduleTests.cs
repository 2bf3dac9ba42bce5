using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Tests.Trackers;

public class AnnounceScheduleTests
{
    private static readonly AnnounceTiming Timing = new();

    [Fact]
    public void The_first_announce_is_started_and_the_next_follows_after_the_interval_without_an_event()
    {
        var schedule = Schedule(["http://a/"]);
        Assert.Equal(AnnounceEvent.Started, Take(schedule, 0).Event);
        Assert.Null(schedule.NextDue);
        schedule.Succeeded(Seconds(1), Samples.Response(1800, "1.1.1.1:1"));
        Assert.Equal(Seconds(1801), schedule.NextDue);
        Assert.False(schedule.TryNext(Seconds(1800), out _));
        Assert.Equal(AnnounceEvent.None, Take(schedule, 1801).Event);
    }

    [Theory]
    [InlineData(0, null, 30)]
    [InlineData(5, null, 30)]
    [InlineData(100, null, 100)]
    [InlineData(100, 300, 300)]
    [InlineData(int.MaxValue, null, 86400)]
    [InlineData(100, int.MaxValue, 86400)]
    public void The_trackers_interval_is_followed_within_limits(int interval, int? least, int expected)
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Succeeded(
            TimeSpan.Zero, Samples.Response(interval) with { MinInterval = least is { } l ? Seconds(l) : null });
        Assert.Equal(Seconds(expected), schedule.NextDue);
    }

    [Fact]
    public void Every_tracker_of_a_tier_is_tried_before_the_next_tier()
    {
        var schedule = Schedule(["http://a/", "http://b/"], ["http://c/"]);
        var asked = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            asked.Add(Take(schedule, i).Tracker.Host);
            schedule.Failed(Seconds(i), isPermanent: false);
        }

        Assert.Equal(["a", "b"], asked.Take(2).Order());
        Assert.Equal("c", asked[2]);
        Assert.False(schedule.TryNext(Seconds(3), out _));
    }

    [Fact]
    public void A_tier_is_shuffled_and_the_order_of_tiers_kept()
    {
        var orders = new HashSet<string>();
        for (int seed = 0; seed < 50; seed++)
        {
            var schedule = new AnnounceSchedule(
                [[new("http://a/"), new("http://b/")], [new("http://c/")]], Timing, new Random(seed));
            orders.Add(string.Concat(schedule.Trackers.Select(t => t.Url.Host)));
        }

        Assert.Equal(["abc", "bac"], orders.Order());
    }

    [Fact]
    public void The_tracker_that_answers_moves_to_the_front_of_its_tier()
    {
        var schedule = Schedule(["http://a/", "http://b/", "http://c/"]);
        string[] order = Order(schedule);
        Take(schedule, 0);
        schedule.Failed(TimeSpan.Zero, isPermanent: false);
        Assert.Equal(order[1], Take(schedule, 0).Tracker.Host);
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(1800));
        Assert.Equal([order[1], order[0], order[2]], Order(schedule));

        Take(schedule, 1800);
        schedule.Failed(Seconds(1800), isPermanent: false);
        Take(schedule, 1800);
        schedule.Failed(Seconds(1800), isPermanent: false);
        Assert.Equal(order[2], Take(schedule, 1800).Tracker.Host);
        schedule.Succeeded(Seconds(1800), Samples.Response(1800));
        Assert.Equal([order[2], order[1], order[0]], Order(schedule));
    }

    [Fact]
    public void The_back_off_of_a_failing_tracker_grows_and_resets_after_a_success()
    {
        var schedule = Schedule(["http://a/"]);
        var waits = new List<double>();
        TimeSpan now = TimeSpan.Zero;
        for (int i = 0; i < 12; i++)
        {
            Assert.True(schedule.TryNext(now, out _));
            schedule.Failed(now, isPermanent: false);
            waits.Add((schedule.NextDue!.Value - now).TotalSeconds);
            now = schedule.NextDue.Value;
        }

        double[] floors = [30, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800, 1800, 1800];
        Assert.All(waits.Zip(floors), w => Assert.InRange(w.First, w.Second, w.Second * 1.25));
        Assert.True(waits.Distinct().Count() > 10, "there is no jitter");

        Assert.True(schedule.TryNext(now, out _));
        schedule.Succeeded(now, Samples.Response(60));
        now = schedule.NextDue!.Value;
        Assert.True(schedule.TryNext(now, out _));
        schedule.Failed(now, isPermanent: false);
        Assert.InRange((schedule.NextDue!.Value - now).TotalSeconds, 30, 37.5);
    }

    [Fact]
    public void A_tracker_backing_off_is_left_out_of_the_round()
    {
        var schedule = Schedule(["http://a/"], ["http://b/"]);
        Take(schedule, 0);
        schedule.Failed(TimeSpan.Zero, isPermanent: false);
        Take(schedule, 0);
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(0));
        Assert.InRange(schedule.NextFor(schedule.Trackers.First())!.Value.TotalSeconds, 30.001, 37.5);
        Assert.Equal("b", Take(schedule, 30).Tracker.Host);
    }

    [Fact]
    public void A_tracker_that_fails_permanently_is_not_asked_again()
    {
        var schedule = Schedule(["wss://a/"]);
        Take(schedule, 0);
        schedule.Failed(TimeSpan.Zero, isPermanent: true);
        schedule.AnnounceNow(Seconds(1), force: true);
        Assert.Null(schedule.NextDue);
        Assert.Null(schedule.NextFor(schedule.Trackers.Single()));
    }

    [Fact]
    public void Completed_is_announced_at_once_and_once_to_the_tracker_that_answered_started()
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(1800));
        schedule.Completed(Seconds(5));
        Assert.Equal(AnnounceEvent.Completed, Take(schedule, 5).Event);
        schedule.Succeeded(Seconds(5), Samples.Response(1800));
        Assert.Equal(AnnounceEvent.None, Take(schedule, 1805).Event);
    }

    [Fact]
    public void Completed_is_announced_again_after_a_failure()
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(1800));
        schedule.Completed(Seconds(5));
        Take(schedule, 5);
        schedule.Failed(Seconds(5), isPermanent: false);
        Assert.Equal(AnnounceEvent.Completed, Take(schedule, 60).Event);
    }

    [Fact]
    public void Completed_follows_a_started_announce_in_progress()
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Completed(Seconds(1));
        schedule.Succeeded(Seconds(2), Samples.Response(1800));
        Assert.Equal(AnnounceEvent.Completed, Take(schedule, 2).Event);
    }

    [Fact]
    public void Completed_is_not_announced_to_a_tracker_that_never_answered_started()
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Completed(Seconds(1));
        schedule.Failed(Seconds(2), isPermanent: false);
        Assert.Equal(AnnounceEvent.Started, Take(schedule, 60).Event);
        schedule.Succeeded(Seconds(60), Samples.Response(1800));
        Assert.Equal(Seconds(1860), schedule.NextDue);
    }

    [Theory]
    [InlineData(null, false, 5)]
    [InlineData(300, false, 300)]
    [InlineData(300, true, 5)]
    public void A_requested_announce_waits_only_for_the_minimum_interval_of_the_tracker(
        int? least, bool force, int expected)
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Succeeded(
            TimeSpan.Zero, Samples.Response(1800) with { MinInterval = least is { } l ? Seconds(l) : null });

        Assert.Equal(Seconds(expected), schedule.AnnounceNow(Seconds(5), force));

        Assert.Equal(Seconds(expected), schedule.NextDue);
        Assert.Equal(AnnounceEvent.None, Take(schedule, expected).Event);
    }

    [Fact]
    public void A_requested_announce_ends_a_back_off_and_never_delays_a_due_announce()
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Failed(TimeSpan.Zero, isPermanent: false);
        schedule.AnnounceNow(Seconds(2), force: false);
        Assert.Equal(Seconds(2), schedule.NextDue);
        Take(schedule, 2);
        schedule.Succeeded(Seconds(2), Samples.Response(30) with { MinInterval = Seconds(60) });
        Assert.Equal(Seconds(62), schedule.NextDue);
        schedule.AnnounceNow(Seconds(100), force: false);
        Assert.Equal(Seconds(62), schedule.NextDue);
    }

    [Fact]
    public void An_added_tracker_gets_started_at_once_and_is_a_backup_afterwards()
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(1800));
        Assert.Equal(1, schedule.Add(new Uri("http://b/"), null)!.Tier);
        Assert.Null(schedule.Add(new Uri("http://b/"), 0));

        AnnounceAction first = Take(schedule, 5);
        Assert.Equal(("b", AnnounceEvent.Started), (first.Tracker.Host, first.Event));
        schedule.Succeeded(Seconds(5), Samples.Response(60));

        Assert.Equal(Seconds(1800), schedule.NextDue);
        Assert.Equal("a", Take(schedule, 1800).Tracker.Host);
        Assert.Equal(["a", "b"], schedule.Stop().Select(announce => announce.Tracker.Host));
    }

    [Fact]
    public void An_added_tracker_that_works_ends_the_retries_of_failing_ones_until_its_interval_has_passed()
    {
        var schedule = Schedule(["http://a/"]);
        Take(schedule, 0);
        schedule.Failed(TimeSpan.Zero, isPermanent: false);
        schedule.Add(new Uri("http://b/"), null);
        Take(schedule, 1);
        schedule.Succeeded(Seconds(1), Samples.Response(900));
        Assert.Equal(Seconds(901), schedule.NextDue);
        Assert.Equal("a", Take(schedule, 901).Tracker.Host);
    }

    [Fact]
    public void A_tracker_added_before_the_first_round_is_announced_to_in_order()
    {
        var schedule = Schedule(["http://a/"], ["http://c/"]);
        Assert.Equal(0, schedule.Add(new Uri("http://b/"), 0)!.Tier);
        Assert.Equal("a", Take(schedule, 0).Tracker.Host);
        schedule.Failed(TimeSpan.Zero, isPermanent: false);
        Assert.Equal("b", Take(schedule, 0).Tracker.Host);
    }

    [Fact]
    public void A_removed_tracker_gets_stopped_if_it_answered_started()
    {
        var schedule = Schedule(["http://a/"], ["http://b/"]);
        Take(schedule, 0);
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(1800) with { TrackerId = "id" });

        Assert.Null(schedule.Remove(new Uri("http://c/")));
        Assert.Null(schedule.Remove(new Uri("http://b/")));
        Assert.Equal(
            new AnnounceAction(new Uri("http://a/"), AnnounceEvent.Stopped, "id"),
            schedule.Remove(new Uri("http://a/")));

        Assert.Empty(schedule.Trackers);
        Assert.Null(schedule.NextDue);
        Assert.Empty(schedule.Stop());
    }

    [Fact]
    public void A_tracker_that_is_removed_during_an_announce_stays_removed_and_the_next_one_follows()
    {
        var schedule = Schedule(["http://a/"], ["http://b/"]);
        Take(schedule, 0);
        Assert.Null(schedule.Remove(new Uri("http://a/")));
        Assert.Equal(["b"], Order(schedule));
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(1800));

        Assert.Equal("b", Take(schedule, 0).Tracker.Host);
    }

    [Fact]
    public void Stopped_goes_to_trackers_that_answered_started_and_to_the_one_in_progress()
    {
        var schedule = Schedule(["http://a/"], ["http://b/"], ["http://c/"]);
        Take(schedule, 0);
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(30) with { TrackerId = "id" });
        Take(schedule, 30);
        schedule.Failed(Seconds(30), isPermanent: false);
        Take(schedule, 30);
        var finalAnnounces = schedule.Stop();
        Assert.Equal([("a", "id"), ("b", null)], finalAnnounces.Select(f => (f.Tracker.Host, f.TrackerId)));
        Assert.All(finalAnnounces, f => Assert.Equal(AnnounceEvent.Stopped, f.Event));
        Assert.Null(schedule.NextDue);
    }

    [Fact]
    public void The_tracker_id_is_sent_back_with_the_next_announce()
    {
        var schedule = Schedule(["http://a/"]);
        Assert.Null(Take(schedule, 0).TrackerId);
        schedule.Succeeded(TimeSpan.Zero, Samples.Response(30) with { TrackerId = "x" });
        Assert.Equal("x", Take(schedule, 30).TrackerId);
        schedule.Succeeded(Seconds(30), Samples.Response(30));
        Assert.Equal("x", Take(schedule, 60).TrackerId);
    }

    [Fact]
    public void Repeated_trackers_and_empty_tiers_are_left_out_and_their_number_is_bounded()
    {
        var schedule = Schedule(["http://a/"], [], ["http://a/", "http://b/"]);
        Assert.Equal([("a", 0), ("b", 1)], schedule.Trackers.Select(t => (t.Url.Host, t.Tier)));
        Assert.Null(Schedule().NextDue);
        Assert.Equal(AnnounceSchedule.MaxTrackers, Schedule([.. Enumerable.Range(0, 500).Select(i => $"http://t{i}/")]).Trackers.Count());
    }

    [Fact]
    public void After_any_events_an_announce_stays_due_and_no_tracker_is_flooded() =>
        Prop.ForAll<byte[]>(script =>
        {
            var schedule = Schedule(["http://a/", "http://b/"], ["http://c/"]);
            var last = new Dictionary<Uri, TimeSpan>();
            TimeSpan now = TimeSpan.Zero;
            foreach (byte step in script)
            {
                if (schedule.NextDue is not { } due)
                    return false;
                now = due > now ? due : now;
                if (!schedule.TryNext(now, out AnnounceAction? action))
                    return false;
                if (last.TryGetValue(action.Tracker, out TimeSpan before) && now - before < Timing.MinInterval)
                    return false;
                last[action.Tracker] = now;
                if (step % 3 == 0)
                    schedule.Succeeded(now, Samples.Response(step, step % 2 == 0 ? ["1.1.1.1:1"] : []));
                else
                    schedule.Failed(now, isPermanent: false);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static AnnounceSchedule Schedule(params string[][] tiers) =>
        new(tiers.Select(tier => tier.Select(url => new Uri(url))), Timing, new Random(1));

    private static string[] Order(AnnounceSchedule schedule) => [.. schedule.Trackers.Select(t => t.Url.Host)];

    private static AnnounceAction Take(AnnounceSchedule schedule, int seconds)
    {
        Assert.True(schedule.TryNext(Seconds(seconds), out AnnounceAction? action));
        return action;
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);
}
