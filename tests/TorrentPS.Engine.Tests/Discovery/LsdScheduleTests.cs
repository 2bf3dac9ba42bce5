using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Protocol.Discovery;
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

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1000, 0.1)]
    [InlineData(5000, 0)]
    public void No_packet_of_three_sessions_on_one_computer_is_dropped(int torrents, double secondsBetween)
    {
        const int minutes = 30;
        var limit = new LsdRateLimit();
        LsdSchedule[] sessions = [.. Enumerable.Range(0, 3).Select(seed => new LsdSchedule(new Random(seed)))];
        var announced = new Dictionary<InfoHash, int>();
        int added = 0, dropped = 0;
        for (TimeSpan now = At(0); now < At(minutes); now += TimeSpan.FromSeconds(0.1))
        {
            for (; added < torrents && added * secondsBetween <= now.TotalSeconds; added++)
                Array.ForEach(sessions, session => session.Add(InfoHash.Parse($"{added:x40}"), 6881, now));
            foreach (InfoHash[] packet in sessions.SelectMany(session => PacketsOf(session.TakeAnnounces(now))))
            {
                dropped += limit.Accepts(IPAddress.Parse("10.0.0.1"), now) ? 0 : 1;
                foreach (InfoHash torrent in packet)
                    announced[torrent] = announced.GetValueOrDefault(torrent) + 1;
            }
        }

        Assert.Equal(0, dropped);
        Assert.Equal(torrents, announced.Count);
        int regular = minutes / 5;
        Assert.All(
            announced.Values,
            times => Assert.InRange(times, 3 * regular, 3 * (regular + 1 + LsdSchedule.Repeats)));

        static IEnumerable<InfoHash[]> PacketsOf(IReadOnlyList<(ushort Port, InfoHash Torrent)> announces) =>
            announces.Select(announce => announce.Torrent).Chunk(LsdMessage.MaxInfoHashes);
    }

    [Fact]
    public void Torrents_added_within_a_second_share_packets()
    {
        _schedule.Add(Torrent(1), 6881, At(0));
        Assert.Single(Take(0));
        for (int i = 2; i <= 9; i++)
        {
            TimeSpan now = TimeSpan.FromSeconds(0.1 * i);
            _schedule.Add(Torrent(i), 6881, now);
            Assert.Empty(_schedule.TakeAnnounces(now));
        }

        Assert.Equal(LsdSchedule.GroupInterval, _schedule.NextAnnounce);
        Assert.Equal(8, _schedule.TakeAnnounces(LsdSchedule.GroupInterval).Count);
    }

    [Fact]
    public void Packets_per_source_and_minute_are_limited_without_affecting_other_sources()
    {
        var limit = new LsdRateLimit();
        var flooder = IPAddress.Parse("10.0.0.1");
        int accepted = Enumerable.Range(0, 10_000).Count(_ => limit.Accepts(flooder, At(0.1)));
        Assert.Equal(LsdRateLimit.MaxPerSource, accepted);
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
