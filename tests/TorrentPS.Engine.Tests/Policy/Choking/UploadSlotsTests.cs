using TorrentPS.Engine.Policy.Choking;

namespace TorrentPS.Engine.Tests.Policy.Choking;

/// <summary>How many are served at once.</summary>
public sealed class UploadSlotsTests
{
    [Theory]
    [InlineData(10, 100_000, 1_000_000)]
    [InlineData(30, 100_000, 3_000_000)]
    [InlineData(5, 250_000, 1_250_000)]
    public void Slow_takers_get_company_until_the_uplink_is_full_and_hardly_more(int enough, long each, long uplink)
    {
        Uplink line = new(uplink, each);
        line.Run(seconds: 900);
        Assert.InRange(line.Slots.Count, enough - 1, enough + 1);
        Assert.True(line.BytesIn(600) >= 0.95 * 600 * uplink, $"{line.BytesIn(600) / 600} bytes/s");
    }

    [Fact]
    public void Where_nothing_waits_to_be_sent_the_slots_grow_within_seconds()
    {
        // Takers get all they ask for at once: nothing is ever waiting.
        Uplink line = new(2_000_000, 100_000) { Backlog = false };
        line.Run(seconds: 60);
        Assert.InRange(line.Slots.Count, 15, 22);
    }

    [Fact]
    public void Where_fewer_suffice_fewer_are_served()
    {
        Uplink line = new(1_000_000, 50_000);
        line.Run(seconds: 900);
        Assert.InRange(line.Slots.Count, 18, 21);
        line.Each = 400_000;
        line.Run(seconds: 900);
        Assert.InRange(line.Slots.Count, 4, 5);
    }

    [Fact]
    public void A_limit_that_is_reached_needs_no_more_slots()
    {
        Uplink line = new(10_000_000, 100_000) { Limit = 300_000 };
        line.Run(seconds: 300);
        Assert.InRange(line.Slots.Count, 4, 5);
    }

    [Fact]
    public void With_nobody_waiting_the_number_stays()
    {
        Uplink line = new(1_000_000, 100_000) { Waiting = 0 };
        line.Run(seconds: 300);
        Assert.Equal(UploadSlots.Start, line.Slots.Count);
    }

    [Fact]
    public void An_uplink_full_from_the_socket_buffers_gets_no_crowd_of_slots()
    {
        // All waits in the system's buffers, so that nothing seems to wait, and yet no slot brings more.
        Uplink line = new(200_000, 1_000_000) { Backlog = false };
        line.Run(seconds: 900);
        Assert.InRange(line.Slots.Count, UploadSlots.Fewest, UploadSlots.Start + 1);
    }

    /// <summary>An uplink that so many takers share, each up to what it can take.</summary>
    private sealed class Uplink(long rate, long each)
    {
        private readonly List<long> _sent = [0];
        private TimeSpan _now;
        private TimeSpan _lastRound;
        private double _total;
        private int _served = UploadSlots.Start;

        public UploadSlots Slots { get; } = new();

        public long Each { get; set; } = each;

        public long? Limit { get; init; }

        public int Waiting { get; init; } = 200;

        public bool Backlog { get; init; } = true;

        public void Run(double seconds)
        {
            for (double passed = 0; passed < seconds; passed += 0.25)
            {
                _now += TimeSpan.FromSeconds(0.25);
                _total += 0.25 * Math.Min(Math.Min(_served * Each, rate), Limit ?? long.MaxValue);
                _sent.Add((long)_total);
                bool isRound = _now - _lastRound >= Choker.Round;
                if (isRound)
                    _lastRound = _now;
                Slots.OnTick(new UploadSample(_now, (long)_total, Limit, Backlog ? _served : 0, Waiting), isRound);

                // One more takes effect at once, one fewer only in a round.
                if (isRound || Slots.Count > _served)
                    _served = Slots.Count;
            }
        }

        public long BytesIn(int lastSeconds) => _sent[^1] - _sent[^(1 + (lastSeconds * 4))];
    }
}
