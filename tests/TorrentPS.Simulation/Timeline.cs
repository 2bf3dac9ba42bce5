namespace TorrentPS.Simulation;

/// <summary>A simulated event at a point of virtual time.</summary>
internal abstract class ScheduledEvent
{
    /// <summary>Executes the event. Consequences are scheduled on the <see cref="Timeline"/>.</summary>
    public abstract void Execute();
}

/// <summary>An event that runs an action. Used for infrequent events, as each allocates an object.</summary>
internal sealed class ScheduledAction(Action action) : ScheduledEvent
{
    public override void Execute() => action();
}

/// <summary>
/// The virtual clock and the scheduled events, ordered by time and then by the order of scheduling. A run depends only
/// on its seed. Times are ticks of 100 ns since the start.
/// </summary>
internal sealed class Timeline : TimeProvider
{
    private const int Arity = 4;

    private static readonly DateTimeOffset s_beginning = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private Entry[] _heap = new Entry[1024];
    private int _count;
    private long _sequence;

    /// <summary>The current time in ticks.</summary>
    public long Now { get; private set; }

    /// <summary>The current time in seconds.</summary>
    public double Seconds => (double)Now / TimeSpan.TicksPerSecond;

    /// <summary>Number of events executed.</summary>
    public long EventCount { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => s_beginning.AddTicks(Now);

    /// <summary>Converts seconds to ticks.</summary>
    public static long Ticks(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);

    /// <summary>Schedules an event at a time in ticks. A time in the past means now.</summary>
    public void At(long time, ScheduledEvent scheduled)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        var entry = new Entry(Math.Max(time, Now), _sequence++, scheduled);
        int at = _count++;
        while (at > 0)
        {
            int parent = (at - 1) / Arity;
            if (!entry.IsBefore(_heap[parent]))
                break;
            _heap[at] = _heap[parent];
            at = parent;
        }

        _heap[at] = entry;
    }

    /// <summary>Schedules an action after a delay in seconds.</summary>
    public void In(double seconds, Action action) => At(Now + Ticks(seconds), new ScheduledAction(action));

    /// <summary>Executes the next event unless it is later than <paramref name="end"/>.</summary>
    /// <returns>False if no event is left until then; the clock is then set to that time.</returns>
    public bool Step(long end)
    {
        if (_count == 0 || _heap[0].Time > end)
        {
            Now = Math.Max(Now, end);
            return false;
        }

        Entry first = _heap[0];
        Entry last = _heap[--_count];
        _heap[_count] = default;
        if (_count > 0)
            SiftDown(last);
        Now = first.Time;
        EventCount++;
        first.Event.Execute();
        return true;
    }

    private void SiftDown(in Entry entry)
    {
        int at = 0;
        while (true)
        {
            int first = (at * Arity) + 1;
            if (first >= _count)
                break;
            int least = first;
            int end = Math.Min(first + Arity, _count);
            for (int child = first + 1; child < end; child++)
            {
                if (_heap[child].IsBefore(_heap[least]))
                    least = child;
            }

            if (!_heap[least].IsBefore(entry))
                break;
            _heap[at] = _heap[least];
            at = least;
        }

        _heap[at] = entry;
    }

    private readonly record struct Entry(long Time, long Sequence, ScheduledEvent Event)
    {
        public bool IsBefore(in Entry other) => Time != other.Time ? Time < other.Time : Sequence < other.Sequence;
    }
}
