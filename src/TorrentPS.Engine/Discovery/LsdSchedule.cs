using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Decides when torrents are announced to the local network (BEP 14): at once, twice more within seconds, then every
/// five minutes. The waits before the second and third announce are partly random, so that clients started at the same
/// time do not send at the same time. Torrents that are due at about the same time are announced together, and the
/// announces of many torrents are spread over several seconds. All times are relative to a fixed moment that the caller
/// chooses. Not thread-safe.
/// </summary>
internal sealed class LsdSchedule(Random random)
{
    /// <summary>
    /// Number of times that a torrent's first announce is repeated within seconds, in case a packet is lost.
    /// </summary>
    public const int Repeats = 2;

    /// <summary>
    /// Minimum time from a torrent's first announce to its second one. The minimum from the second to the third
    /// announce is twice as long. Each minimum is multiplied by a random factor from 1 to 2.
    /// </summary>
    public static readonly TimeSpan RepeatWait = TimeSpan.FromSeconds(2);

    /// <summary>Time between regular announces of a torrent (BEP 14).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>Minimum time between two announces of a torrent that is removed and added again in between.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Minimum time between two groups of announces. Torrents that are added one after the other within this time share
    /// packets.
    /// </summary>
    public static readonly TimeSpan GroupInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Maximum number of torrents announced together. They fill ten packets, which the receive buffer of a socket can
    /// hold. At this rate, 72,000 torrents can be announced in each <see cref="Interval"/>.
    /// </summary>
    public const int MaxGroup = 10 * LsdMessage.MaxInfoHashes;

    private readonly List<Entry> _entries = [];
    private TimeSpan? _lastGroup;

    /// <summary>The time of the next announce; null if no torrent is announced.</summary>
    public TimeSpan? NextAnnounce
    {
        get
        {
            IEnumerable<Entry> active = _entries.Where(entry => entry.IsActive);
            TimeSpan? due = active.Select(entry => (TimeSpan?)entry.NextAnnounce).Min();
            return due is { } next && _lastGroup is { } last ? Max(next, last + GroupInterval) : due;
        }
    }

    /// <summary>Starts to announce a torrent with the TCP port on which the session listens.</summary>
    public void Add(InfoHash torrent, ushort port, TimeSpan now)
    {
        RemoveExpired(now);
        if (_entries.Find(entry => entry.Torrent == torrent) is { } known)
        {
            (known.IsActive, known.Port) = (true, port);
            known.NextAnnounce = known.LastAnnounce is { } last ? Max(now, last + MinInterval) : now;
            return;
        }

        _entries.Add(new Entry(torrent) { Port = port, NextAnnounce = now, IsActive = true });
    }

    public void Remove(InfoHash torrent)
    {
        if (_entries.Find(entry => entry.Torrent == torrent) is { } known)
            known.IsActive = false;
    }

    /// <summary>
    /// Returns the torrents to announce now, at most <see cref="MaxGroup"/>, and schedules their next announces. The
    /// torrents that have been due for the longest time come first, otherwise those that were added first. Returns none
    /// if the last announces were less than <see cref="GroupInterval"/> ago.
    /// </summary>
    public IReadOnlyList<(ushort Port, InfoHash Torrent)> TakeAnnounces(TimeSpan now)
    {
        var announces = new List<(ushort, InfoHash)>();
        if (NextAnnounce is not { } next || next > now)
            return announces;
        _lastGroup = now;

        // All torrents get the same wait, so that their next announces share packets again.
        TimeSpan wait = RepeatWait * (1 + random.NextDouble());
        IEnumerable<Entry> due = _entries.Where(entry => entry.IsActive && entry.NextAnnounce <= now);
        foreach (Entry entry in due.OrderBy(entry => entry.NextAnnounce).Take(MaxGroup))
        {
            entry.LastAnnounce = now;
            entry.AnnounceCount++;
            entry.NextAnnounce = now + (entry.AnnounceCount <= Repeats ? wait * entry.AnnounceCount : Interval);
            announces.Add((entry.Port, entry.Torrent));
        }

        return announces;
    }

    /// <summary>
    /// Deletes the entries of removed torrents, unless their last announce was less than <see cref="MinInterval"/> ago.
    /// A kept entry enforces the interval even if its torrent is added again.
    /// </summary>
    private void RemoveExpired(TimeSpan now) => _entries.RemoveAll(
        entry => !entry.IsActive && (entry.LastAnnounce is not { } last || now - last >= MinInterval));

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed class Entry(InfoHash torrent)
    {
        public InfoHash Torrent { get; } = torrent;

        public ushort Port { get; set; }

        public TimeSpan NextAnnounce { get; set; }

        public TimeSpan? LastAnnounce { get; set; }

        public long AnnounceCount { get; set; }

        public bool IsActive { get; set; }
    }
}
