using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Decides when torrents are announced to the local network (BEP 14): at once, twice more within seconds, then every
/// five minutes. Not thread-safe. The caller passes the time.
/// </summary>
/// <param name="random">
/// Varies the waits, so that clients started at the same time don't send at the same time.
/// </param>
internal sealed class LsdSchedule(Random random)
{
    /// <summary>
    /// Number of times that a torrent's first announce is repeated within seconds, in case a packet is lost.
    /// </summary>
    public const int Repeats = 2;

    /// <summary>
    /// Wait between a torrent's first announce and its first repetition. The wait before the second repetition is twice
    /// as long. Each wait is multiplied by a random factor from 1 to 2.
    /// </summary>
    public static readonly TimeSpan RepeatWait = TimeSpan.FromSeconds(2);

    /// <summary>Time between regular announces of a torrent (BEP 14).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Minimum time between the last announce of a torrent before its removal and the first after it is added again.
    /// </summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMinutes(1);

    private readonly List<Entry> _entries = [];

    /// <summary>The time of the next announce; null if there is no torrent.</summary>
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
    /// Returns the torrents to announce now, in the order in which they were added, and schedules their next
    /// announces.
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
    /// Drops the entries of removed torrents whose last announce is at least <see cref="MinInterval"/> ago. Until
    /// then, the entry is kept in case the torrent is added again.
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
