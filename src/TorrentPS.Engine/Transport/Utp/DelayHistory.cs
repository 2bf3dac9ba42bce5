namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// The one-way delays of packets in one direction of a connection, and the base delay: the shortest delay in recent
/// minutes (RFC 6817). The clocks of the two sides may differ, so only differences between delays are meaningful.
/// </summary>
internal sealed class DelayHistory
{
    /// <summary>
    /// Number of minutes for which minimum delays are kept, as RFC 6817 suggests. A shorter history would forget the
    /// delay of an empty queue too soon. A longer history would keep the delay of an old, shorter route too long.
    /// </summary>
    private const int Minutes = 10;

    /// <summary>
    /// Number of latest delays of which the shortest counts as the current delay. A single packet that another program
    /// on this machine delayed then has no effect.
    /// </summary>
    private const int Recent = 4;

    private const long Minute = 60 * UtpTime.Second;

    private readonly uint[] _minima = new uint[Minutes];
    private readonly uint[] _recent = new uint[Recent];
    private int _minute, _minutes, _count;
    private long _minuteEnd;

    public bool IsEmpty => _count == 0;

    /// <summary>The base delay in microseconds. It includes the difference of the clocks.</summary>
    public uint Base { get; private set; }

    /// <summary>
    /// The current delay minus the base delay, in microseconds: the time that packets wait in queues.
    /// </summary>
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

        // The count starts again at Recent, so it stays small but still shows that all recent delays are known.
        _recent[_count % Recent] = delay;
        _count = _count == (2 * Recent) - 1 ? Recent : _count + 1;
    }

    /// <summary>Raises all minima to compensate for the drift of the clocks.</summary>
    public void Shift(uint by)
    {
        for (int i = 0; i < Minutes; i++)
            _minima[i] += by;
        Base += by;
    }

    /// <summary>Returns the second delay minus the first. Delays may wrap around.</summary>
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
