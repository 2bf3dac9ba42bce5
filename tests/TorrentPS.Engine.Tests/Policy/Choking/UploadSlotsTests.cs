using TorrentPS.Engine.Policy.Choking;

namespace TorrentPS.Engine.Tests.Policy.Choking;

/// <summary>The number of upload slots.</summary>
public sealed class UploadSlotsTests
{
    [Theory]
    [InlineData(10, 100_000, 1_000_000)]
    [InlineData(30, 100_000, 3_000_000)]
    [InlineData(5, 250_000, 1_250_000)]
    public void With_slow_peers_the_slots_grow_until_the_uplink_is_full(int enough, long each, long uplink)
    {
        Uplink line = new(uplink, each);
        line.Run(seconds: 900);
        Assert.InRange(line.Slots.Count, enough - 1, enough + 1);
        Assert.True(line.BytesIn(600) >= 0.95 * 600 * uplink, $"{line.BytesIn(600) / 600} bytes/s");
    }

    [Fact]
    public void While_no_block_waits_the_slots_grow_within_seconds()
    {
        // Peers get all blocks at once, so none ever waits.
        Uplink line = new(2_000_000, 100_000) { Backlog = false };
        line.Run(seconds: 60);
        Assert.InRange(line.Slots.Count, 15, 22);
    }

    [Fact]
    public void The_slots_shrink_when_fewer_fill_the_uplink()
    {
        Uplink line = new(1_000_000, 50_000);
        line.Run(seconds: 900);
        Assert.InRange(line.Slots.Count, 18, 21);
        line.Each = 400_000;
        line.Run(seconds: 900);
        Assert.InRange(line.Slots.Count, 4, 5);
    }

    [Fact]
    public void At_the_upload_limit_the_slots_do_not_grow()
    {
        Uplink line = new(10_000_000, 100_000) { Limit = 300_000 };
        line.Run(seconds: 300);
        Assert.InRange(line.Slots.Count, 4, 5);
    }

    [Fact]
    public void While_no_peer_waits_the_slots_stay()
    {
        Uplink line = new(1_000_000, 100_000) { Waiting = 0 };
        line.Run(seconds: 300);
        Assert.Equal(UploadSlots.Initial, line.Slots.Count);
    }

    [Fact]
    public void An_uplink_that_is_full_from_socket_buffers_does_not_add_slots()
    {
        // All blocks wait in socket buffers, so none seems to wait, but more slots don't raise the rate.
        Uplink line = new(200_000, 1_000_000) { Backlog = false };
        line.Run(seconds: 900);
        Assert.InRange(line.Slots.Count, UploadSlots.Minimum, UploadSlots.Initial + 1);
    }

    /// <summary>An uplink that is shared by peers, each with its own maximum rate.</summary>
    private sealed class Uplink(long rate, long each)
    {
        private readonly List<long> _sent = [0];
        private TimeSpan _now;
        private TimeSpan _lastRound;
        private double _total;
        private int _served = UploadSlots.Initial;

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
                bool isRound = _now - _lastRound >= Choker.RoundInterval;
                if (isRound)
                    _lastRound = _now;
                Slots.OnTick(new UploadSample(_now, (long)_total, Limit, Backlog ? _served : 0, Waiting), isRound);

                // A larger number takes effect at once, a smaller one only in a round.
                if (isRound || Slots.Count > _served)
                    _served = Slots.Count;
            }
        }

        public long BytesIn(int lastSeconds) => _sent[^1] - _sent[^(1 + (lastSeconds * 4))];
    }
}
