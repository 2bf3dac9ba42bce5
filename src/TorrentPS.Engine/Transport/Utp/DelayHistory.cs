namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// The one-way delays of one direction of a connection, and their minimum of the last minutes: the base delay (RFC
/// 6817). The two clocks need not agree, so that only differences between delays have a meaning.
/// </summary>
internal sealed class DelayHistory
{
    /// <summary>
    /// Number of minutes for which minima are kept. RFC 6817 suggests ten: a shorter history would soon forget the
    /// delay of an empty queue, a longer one would react late to a longer route.
    /// </summary>
    private const int Minutes = 10;

    /// <summary>
    /// Number of latest delays of which the smallest counts. A single packet that another program delayed doesn't
    /// count then.
    /// </summary>
    private const int Recent = 4;

    private const long Minute = 60 * UtpTime.Second;

    private readonly uint[] _minima = new uint[Minutes];
    private readonly uint[] _recent = new uint[Recent];
    private int _minute, _minutes, _count;
    private long _minuteEnd;

    public bool IsEmpty => _count == 0;

    /// <summary>The base delay in microseconds, plus the difference of the clocks.</summary>
    public uint Base { get; private set; }

    /// <summary>The delay above the base delay, in microseconds: the time that packets wait in queues.</summary>
    public uint QueueingDelay
    {
        get
        {
            if (IsEmpty)
                return 0;
            uint least = uint.MaxValue;
            for (int i = 0; i < Math.Min(_count, Recent); i++)
                least = Math.Min(least, (uint)Math.Max(0, Difference(Base, _recent[i])));
            return least;
        }
    }

    public void Add(uint delay, long now)
    {
        if (IsEmpty || now >= _minuteEnd)
        {
            _minute = (_minute + 1) % Minutes;
            _minutes = Math.Min(_minutes + 1, Minutes);
            _minima[_minute] = delay;
            _minuteEnd = now + Minute;
            Refresh();
        }
        else if (Difference(_minima[_minute], delay) < 0)
        {
            _minima[_minute] = delay;
            if (Difference(Base, delay) < 0)
                Base = delay;
        }

        // The modulus keeps the count small, and at least Recent.
        _recent[_count % Recent] = delay;
        _count = _count == (2 * Recent) - 1 ? Recent : _count + 1;
    }

    /// <summary>Raises all minima, because the clocks have drifted apart.</summary>
    public void Shift(uint by)
    {
        for (int i = 0; i < Minutes; i++)
            _minima[i] += by;
        Base += by;
    }

    /// <summary>Returns how much longer the second delay is. Delays wrap around.</summary>
    public static int Difference(uint first, uint second) => (int)(second - first);

    private void Refresh()
    {
        Base = _minima[_minute];
        for (int i = 1; i < _minutes; i++)
        {
            uint other = _minima[(_minute + Minutes - i) % Minutes];
            if (Difference(Base, other) < 0)
                Base = other;
        }
    }
}
