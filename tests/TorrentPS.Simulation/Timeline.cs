namespace TorrentPS.Simulation;

/// <summary>Something that happens at a point of virtual time.</summary>
internal abstract class Occurrence
{
    /// <summary>Lets it happen; what follows from it is put on the <see cref="Timeline"/>.</summary>
    public abstract void Happen();
}

/// <summary>Something seldom enough that an object for each does no harm.</summary>
internal sealed class Deed(Action action) : Occurrence
{
    public override void Happen() => action();
}

/// <summary>
/// The clock and all that is to happen: one heap in order of (virtual time, sequence), so that what was put first happens first and a
/// run depends on nothing but its seed. Times are ticks of 100 ns since the beginning.
/// </summary>
internal sealed class Timeline : TimeProvider
{
    private const int Arity = 4;

    private static readonly DateTimeOffset s_beginning = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private Entry[] _heap = new Entry[1024];
    private int _count;
    private long _sequence;

    /// <summary>The time, in ticks.</summary>
    public long Now { get; private set; }

    /// <summary>The time in seconds.</summary>
    public double Seconds => (double)Now / TimeSpan.TicksPerSecond;

    /// <summary>How much has happened.</summary>
    public long Happened { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => s_beginning.AddTicks(Now);

    /// <summary>Seconds as ticks.</summary>
    public static long Ticks(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);

    /// <summary>Puts something at a time; what lies in the past happens next.</summary>
    public void At(long time, Occurrence what)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        var entry = new Entry(Math.Max(time, Now), _sequence++, what);
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

    /// <summary>Puts a deed at so many seconds from now.</summary>
    public void In(double seconds, Action deed) => At(Now + Ticks(seconds), new Deed(deed));

    /// <summary>Lets the next thing happen unless it lies after a time.</summary>
    /// <returns>False when nothing is left up to then; the clock then stands at that time.</returns>
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
        Happened++;
        first.What.Happen();
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

    private readonly record struct Entry(long Time, long Sequence, Occurrence What)
    {
        public bool IsBefore(in Entry other) => Time != other.Time ? Time < other.Time : Sequence < other.Sequence;
    }
}
