using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>The times of local announces, and the limits on received ones.</summary>
public sealed class LsdScheduleTests
{
    private readonly LsdSchedule _schedule = new(new Random(4));

    [Fact]
    public void A_torrent_is_announced_at_once_and_twice_within_seconds_and_then_every_five_minutes()
    {
        _schedule.Add(Torrent(1), 6881, At(0));
        var times = new List<TimeSpan>();
        for (int i = 0; i < 5; i++)
        {
            TimeSpan due = _schedule.NextAnnounce!.Value;
            Assert.Empty(_schedule.TakeAnnounces(due - TimeSpan.FromTicks(1)));
            Assert.Equal([(6881, Torrent(1))], _schedule.TakeAnnounces(due));
            times.Add(due);
        }

        Assert.Equal(At(0), times[0]);
        Assert.InRange((times[1] - times[0]).TotalSeconds, 2, 4);
        Assert.InRange((times[2] - times[1]).TotalSeconds, 4, 8);
        Assert.Equal(times[2] + At(5), times[3]);
        Assert.Equal(times[3] + At(5), times[4]);
    }

    [Fact]
    public void Torrents_announced_together_are_repeated_together_but_clients_started_together_are_not()
    {
        var other = new LsdSchedule(new Random(5));
        for (int i = 1; i <= 50; i++)
        {
            _schedule.Add(Torrent(i), 6881, At(0));
            other.Add(Torrent(i), 6881, At(0));
        }

        Assert.Equal(50, Take(0).Count);
        other.TakeAnnounces(At(0));

        Assert.NotEqual(_schedule.NextAnnounce, other.NextAnnounce);
        Assert.Equal(50, _schedule.TakeAnnounces(_schedule.NextAnnounce!.Value).Count);
    }

    [Fact]
    public void A_torrent_removed_and_added_again_is_announced_at_most_once_a_minute()
    {
        int announced = 0;
        for (double minute = 0; minute < 10; minute += 0.1)
        {
            _schedule.Add(Torrent(1), 6881, At(minute));
            announced += Take(minute).Count;
            _schedule.Remove(Torrent(1));
            Assert.Empty(Take(minute + 0.05));
        }

        Assert.InRange(announced, 9, 11);
    }

    [Fact]
    public void A_removed_torrent_is_not_announced_and_nothing_is_due()
    {
        _schedule.Add(Torrent(1), 6881, At(0));
        Take(0);
        _schedule.Remove(Torrent(1));

        Assert.Null(_schedule.NextAnnounce);
        Assert.Empty(Take(100));
    }

    [Fact]
    public void Torrents_are_announced_in_the_order_they_were_added()
    {
        for (int i = 5; i > 0; i--)
            _schedule.Add(Torrent(i), 6881, At(0));

        Assert.Equal([5, 4, 3, 2, 1], Take(0).Select(due => (int)due.Torrent.Span[0]));
    }

    [Fact]
    public void Packets_per_source_and_minute_are_limited_without_affecting_other_sources()
    {
        var limit = new LsdRateLimit();
        var flooder = IPAddress.Parse("10.0.0.1");
        Assert.Equal(LsdRateLimit.MaxPerSource, Enumerable.Range(0, 1000).Count(_ => limit.Accepts(flooder, At(0.1))));
        Assert.True(limit.Accepts(IPAddress.Parse("10.0.0.2"), At(0.2)));
        Assert.True(limit.Accepts(flooder, At(1.1)));
    }

    [Fact]
    public void The_number_of_sources_per_minute_is_limited()
    {
        var limit = new LsdRateLimit();
        int accepted = Enumerable.Range(1, 100_000).Count(host => limit.Accepts(new IPAddress(host), At(0.1)));
        Assert.Equal(LsdRateLimit.MaxSources, accepted);
    }

    private IReadOnlyList<(ushort Port, InfoHash Torrent)> Take(double minute) => _schedule.TakeAnnounces(At(minute));

    private static TimeSpan At(double minutes) => TimeSpan.FromMinutes(minutes);

    private static InfoHash Torrent(int number) => InfoHash.Parse($"{number:x2}23456789abcdef0123456789abcdef01234567");
}
