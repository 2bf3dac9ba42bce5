using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Which torrents are to be announced to the local network, and when (BEP 14): at once and soon again, then every five minutes. Not thread-safe; the
/// time comes in.
/// </summary>
/// <param name="random">Keeps machines apart that were started together.</param>
internal sealed class LsdSchedule(Random random)
{
    /// <summary>How often a new torrent is announced soon again: a packet that was lost would be missed for minutes.</summary>
    public const int Repeats = 2;

    /// <summary>The least time before the first of them, and what comes to it before the next; at most twice that.</summary>
    public static readonly TimeSpan RepeatWait = TimeSpan.FromSeconds(2);

    /// <summary>Between two regular announcements of a torrent.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>The least time between two announcements of a torrent, though it left and came back meanwhile.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMinutes(1);

    private readonly List<Entry> _entries = [];

    /// <summary>When <see cref="TakeDue"/> is next worth calling; null while there is nothing to announce.</summary>
    public TimeSpan? NextDue => _entries.Where(entry => entry.IsActive).Select(entry => (TimeSpan?)entry.Due).Min();

    /// <summary>A torrent is to be announced from now on.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="port">The port where its peers are awaited.</param>
    /// <param name="now">The time since any fixed moment.</param>
    public void Add(InfoHash torrent, ushort port, TimeSpan now)
    {
        Forget(now);
        if (_entries.Find(entry => entry.Torrent == torrent) is { } known)
        {
            (known.IsActive, known.Port) = (true, port);
            known.Due = known.Last is { } last ? Max(now, last + MinInterval) : now;
            return;
        }

        _entries.Add(new Entry(torrent) { Port = port, Due = now, IsActive = true });
    }

    /// <summary>A torrent is to be announced no more.</summary>
    public void Remove(InfoHash torrent)
    {
        if (_entries.Find(entry => entry.Torrent == torrent) is { } known)
            known.IsActive = false;
    }

    /// <summary>Takes those that are due, in the order they were added; their next time is set.</summary>
    /// <param name="now">The time since any fixed moment.</param>
    public IReadOnlyList<(ushort Port, InfoHash Torrent)> TakeDue(TimeSpan now)
    {
        var due = new List<(ushort, InfoHash)>();

        // One for all: what goes out together goes out together again.
        TimeSpan wait = RepeatWait * (1 + random.NextDouble());
        foreach (Entry entry in _entries.Where(entry => entry.IsActive && entry.Due <= now))
        {
            entry.Last = now;
            entry.Times++;
            entry.Due = now + (entry.Times <= Repeats ? wait * entry.Times : Interval);
            due.Add((entry.Port, entry.Torrent));
        }

        return due;
    }

    /// <summary>Those that left need be known only as long as their return could come too soon.</summary>
    private void Forget(TimeSpan now) => _entries.RemoveAll(entry => !entry.IsActive && (entry.Last is not { } last || now - last >= MinInterval));

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed class Entry(InfoHash torrent)
    {
        public InfoHash Torrent { get; } = torrent;

        public ushort Port { get; set; }

        public TimeSpan Due { get; set; }

        public TimeSpan? Last { get; set; }

        /// <summary>How often it was announced.</summary>
        public long Times { get; set; }

        public bool IsActive { get; set; }
    }
}
