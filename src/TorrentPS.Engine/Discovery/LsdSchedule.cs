using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Decides when torrents are announced to the local network (BEP 14): at once, twice more within seconds, then every
/// five minutes. Not thread-safe. The caller passes the time.
/// </summary>
/// <param name="random">Varies the waits, so that clients started together do not send together.</param>
internal sealed class LsdSchedule(Random random)
{
    /// <summary>Announces that repeat the first one of a torrent within seconds, in case a packet was lost.</summary>
    public const int Repeats = 2;

    /// <summary>
    /// Minimum wait before the first repeat. Each later repeat waits this much longer. A random factor of up to 2
    /// applies to all.
    /// </summary>
    public static readonly TimeSpan RepeatWait = TimeSpan.FromSeconds(2);

    /// <summary>Time between regular announces of a torrent (BEP 14).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>Minimum time between two announces of a torrent that was removed and added again.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMinutes(1);

    private readonly List<Entry> _entries = [];

    /// <summary>When the next announce is due, or null when there is no torrent.</summary>
    public TimeSpan? NextDue => _entries.Where(entry => entry.IsActive).Select(entry => (TimeSpan?)entry.Due).Min();

    /// <summary>Starts to announce a torrent.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="port">The TCP port that the session listens on.</param>
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

    /// <summary>Stops announcing a torrent.</summary>
    public void Remove(InfoHash torrent)
    {
        if (_entries.Find(entry => entry.Torrent == torrent) is { } known)
            known.IsActive = false;
    }

    /// <summary>
    /// Returns the torrents that are due, in the order they were added, and sets the time of their next announce.
    /// </summary>
    /// <param name="now">The time since any fixed moment.</param>
    public IReadOnlyList<(ushort Port, InfoHash Torrent)> TakeDue(TimeSpan now)
    {
        var due = new List<(ushort, InfoHash)>();

        // One wait for all, so that torrents announced together share packets again the next time.
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

    /// <summary>
    /// Drops removed torrents after <see cref="MinInterval"/>, when adding them again would no longer be too soon.
    /// </summary>
    private void Forget(TimeSpan now) =>
        _entries.RemoveAll(entry => !entry.IsActive && (entry.Last is not { } last || now - last >= MinInterval));

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed class Entry(InfoHash torrent)
    {
        public InfoHash Torrent { get; } = torrent;

        public ushort Port { get; set; }

        public TimeSpan Due { get; set; }

        public TimeSpan? Last { get; set; }

        /// <summary>Number of announces sent.</summary>
        public long Times { get; set; }

        public bool IsActive { get; set; }
    }
}
