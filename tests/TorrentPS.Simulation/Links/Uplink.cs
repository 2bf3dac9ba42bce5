using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Links;

/// <summary>
/// The sending side of a machine's connection. Connections with queued blocks send a burst each in turn, as TCP shares
/// a link among flows of equal round trips. Other messages are sent at once, and the next burst takes longer by their
/// bytes.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="rate">The bandwidth in bytes/s.</param>
/// <param name="burst">Number of blocks that a connection sends in its turn. They arrive together.</param>
internal sealed class Uplink(Timeline time, double rate, int burst) : ScheduledEvent
{
    private readonly RingList<Link> _ready = new();
    private readonly Wake _wake = new();
    private readonly BlockAddress[] _blocks = new BlockAddress[burst];
    private Link? _sending;
    private int _count;
    private int _overhead;
    private long _wakeAt = long.MaxValue;

    /// <summary>Number of payload bytes sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Total time spent sending, in ticks.</summary>
    public long BusyTime { get; private set; }

    /// <summary>Counts the bytes of other messages.</summary>
    public void Charge(int bytes) => _overhead += bytes;

    /// <summary>Queues a connection that has blocks to send.</summary>
    public void Offer(Link link)
    {
        if (!link.IsQueued && link.CanSend)
        {
            link.IsQueued = true;
            _ready.Enqueue(link);
        }

        if (_sending is null)
            Next();
    }

    /// <summary>Completes the current burst.</summary>
    public override void Execute()
    {
        Link link = _sending!;
        _sending = null;
        Sent += link.BlocksLeft(_blocks.AsSpan(0, _count));
        Offer(link);
    }

    private void Next()
    {
        if (rate <= 0)
            return;
        long soonest = long.MaxValue;
        for (int i = _ready.Count; i > 0; i--)
        {
            Link link = _ready.Dequeue();
            if (!link.CanSend)
            {
                link.IsQueued = false;
                continue;
            }

            if (link.NotBefore > time.Now)
            {
                soonest = Math.Min(soonest, link.NotBefore);
                _ready.Enqueue(link);
                continue;
            }

            link.IsQueued = false;
            Begin(link);
            return;
        }

        if (soonest >= _wakeAt)
            return;
        _wakeAt = soonest;
        _wake.Uplink = this;
        time.At(soonest, _wake);
    }

    private void Begin(Link link)
    {
        _sending = link;
        _count = link.TakeBlocks(_blocks, out int bytes);
        long duration = Math.Max(1, Timeline.Ticks((bytes + _overhead) / rate));
        _overhead = 0;
        BusyTime += duration;
        link.BusyUntil = time.Now + duration;
        time.At(link.BusyUntil, this);
    }

    /// <summary>The event at which a connection delayed by its upload limit may send again.</summary>
    private sealed class Wake : ScheduledEvent
    {
        public Uplink? Uplink { get; set; }

        public override void Execute()
        {
            Uplink!._wakeAt = long.MaxValue;
            if (Uplink._sending is null)
                Uplink.Next();
        }
    }
}
