using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>How often torrents are announced to the local network, and how much of what others announce is heeded.</summary>
public sealed class LsdPolicyTests
{
    private readonly LsdSchedule _schedule = new();

    [Fact]
    public void A_torrent_is_announced_at_once_and_then_every_five_minutes()
    {
        _schedule.Add(Torrent(1), 6881, At(0));
        Assert.Equal([(6881, Torrent(1))], Take(0));
        Assert.Equal(At(5), _schedule.NextDue);
        Assert.Empty(Take(4.9));
        Assert.Single(Take(5));
        Assert.Equal(At(10), _schedule.NextDue);
    }

    [Fact]
    public void A_torrent_that_leaves_and_comes_back_is_announced_at_most_once_a_minute()
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
    public void What_left_is_announced_no_more_and_nothing_is_due()
    {
        _schedule.Add(Torrent(1), 6881, At(0));
        Take(0);
        _schedule.Remove(Torrent(1));

        Assert.Null(_schedule.NextDue);
        Assert.Empty(Take(100));
    }

    [Fact]
    public void Torrents_are_announced_in_the_order_they_came()
    {
        for (int i = 5; i > 0; i--)
            _schedule.Add(Torrent(i), 6881, At(0));

        Assert.Equal([5, 4, 3, 2, 1], Take(0).Select(due => (int)due.Torrent.Span[0]));
    }

    [Fact]
    public void One_source_is_heeded_so_often_a_minute_and_does_not_silence_the_others()
    {
        var intake = new LsdIntake();
        var flooder = IPAddress.Parse("10.0.0.1");
        Assert.Equal(LsdIntake.MaxPerSource, Enumerable.Range(0, 1000).Count(_ => intake.Heeds(flooder, At(0.1))));
        Assert.True(intake.Heeds(IPAddress.Parse("10.0.0.2"), At(0.2)));
        Assert.True(intake.Heeds(flooder, At(1.1)));
    }

    [Fact]
    public void Made_up_sources_take_a_bounded_part()
    {
        var intake = new LsdIntake();
        int heeded = Enumerable.Range(1, 100_000).Count(host => intake.Heeds(new IPAddress(host), At(0.1)));
        Assert.Equal(LsdIntake.MaxSources, heeded);
    }

    private IReadOnlyList<(ushort Port, InfoHash Torrent)> Take(double minute) => _schedule.TakeDue(At(minute));

    private static TimeSpan At(double minutes) => TimeSpan.FromMinutes(minutes);

    private static InfoHash Torrent(int number) => InfoHash.Parse($"{number:x2}23456789abcdef0123456789abcdef01234567");
}
