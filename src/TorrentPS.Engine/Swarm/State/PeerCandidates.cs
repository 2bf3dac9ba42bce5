using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The known addresses of peers. Chooses the next address to dial.</summary>
internal sealed class PeerCandidates
{
    /// <summary>
    /// Maximum number of addresses kept. It is far higher than the number of peers to which a torrent connects. The
    /// limit is needed because a malicious peer source may send any number of addresses.
    /// </summary>
    public const int MaxCandidates = 2000;

    /// <summary>
    /// Maximum number of consecutive failures of an address. After one more failure the address is removed, unless the
    /// user added it. The delays between the dials add up to about five minutes.
    /// </summary>
    private const int MaxFailures = 6;

    private readonly Dictionary<IPEndPoint, Candidate> _known = [];
    private readonly List<Candidate> _idle = [];
    private readonly Random _random;

    public PeerCandidates(Random random) => _random = random;

    /// <summary>Number of addresses that are neither connected, nor being dialed, nor excluded from dialing.</summary>
    public int IdleCount => _idle.Count;

    public int Dialing { get; private set; }

    /// <summary>
    /// Adds an address, unless its port is 0. If the list is full, first removes the address with the most failures, or
    /// adds nothing if no address has failed. A known address isn't added again, but its source can change:
    /// <see cref="PeerSource.Manual"/> replaces any other source, and <see cref="PeerSource.Tracker"/> replaces any
    /// source except <see cref="PeerSource.Manual"/>. A known address that the user adds can be dialed at once.
    /// </summary>
    /// <returns>Whether the address was added.</returns>
    public bool Add(IPEndPoint endPoint, PeerSource source)
    {
        if (_known.TryGetValue(endPoint, out Candidate? known))
        {
            if (source == PeerSource.Manual)
                known.UseManual();
            else if (source == PeerSource.Tracker)
                known.UseTracker();
            return false;
        }

        if (endPoint.Port == 0)
            return false;
        if (_known.Count >= MaxCandidates && !MakeRoom())
            return false;
        var candidate = new Candidate(endPoint, source);
        _known.Add(endPoint, candidate);
        _idle.Add(candidate);
        return true;
    }

    /// <summary>Records the flags that a peer exchange message contained for a known address (BEP 11).</summary>
    public void SetFlags(IPEndPoint endPoint, PexFlags flags)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate))
            return;
        candidate.Flags = flags;
        candidate.IsSeed |= flags.HasFlag(PexFlags.Seed);
    }

    /// <summary>
    /// Returns the last flags that a peer exchange message contained for an address (BEP 11). Returns no flags if there
    /// was no such message.
    /// </summary>
    public PexFlags FlagsOf(IPEndPoint endPoint) =>
        _known.TryGetValue(endPoint, out Candidate? candidate) ? candidate.Flags : PexFlags.None;

    /// <summary>
    /// Chooses the next address to dial: an address that the user added, otherwise one with the fewest consecutive
    /// failures. Leaves out addresses whose delay after a failure has not passed.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="skipSeeds">Whether addresses of known seeds are left out.</param>
    /// <param name="isFull">
    /// Whether an address is left out because the torrent has enough connections to it.
    /// </param>
    /// <param name="priorityOf">
    /// Returns the priority of an address. If several addresses have equally few failures, the one of the highest
    /// priority is chosen.
    /// </param>
    /// <returns>Null if no address can be dialed now.</returns>
    public IPEndPoint? Next(
        DateTimeOffset now, bool skipSeeds, Predicate<IPEndPoint> isFull, Func<IPEndPoint, uint> priorityOf)
    {
        uint priority = 0;
        int start = _idle.Count == 0 ? 0 : _random.Next(_idle.Count);
        Candidate? best = null;
        for (int i = 0; i < _idle.Count; i++)
        {
            Candidate candidate = _idle[(start + i) % _idle.Count];
            if (candidate.NotBefore > now || (skipSeeds && candidate.IsSeed) || isFull(candidate.EndPoint))
                continue;
            if (candidate.Source == PeerSource.Manual)
                return candidate.EndPoint;
            if (best is not null && candidate.Failures > best.Failures)
                continue;
            uint candidatePriority = priorityOf(candidate.EndPoint);
            if (best is null || candidate.Failures < best.Failures || candidatePriority > priority)
                (best, priority) = (candidate, candidatePriority);
        }

        return best?.EndPoint;
    }

    /// <summary>
    /// Returns the peer source of an address: the user if the user added it, otherwise a tracker if a tracker sent it,
    /// otherwise the first source. Returns <see cref="PeerSource.Incoming"/> for an unknown address.
    /// </summary>
    public PeerSource SourceOf(IPEndPoint endPoint) =>
        _known.TryGetValue(endPoint, out Candidate? candidate) ? candidate.Source : PeerSource.Incoming;

    public void MarkDialing(IPEndPoint endPoint) => Change(endPoint, Use.Dialing);

    /// <param name="endPoint">The address.</param>
    /// <param name="isEncrypted">Whether the connection is encrypted. It is remembered for the next dial.</param>
    public void MarkConnected(IPEndPoint endPoint, bool isEncrypted)
    {
        Change(endPoint, Use.Connected);
        if (_known.TryGetValue(endPoint, out Candidate? candidate))
            candidate.IsEncrypted = isEncrypted;
    }

    /// <summary>Forgets whether the last connection to an address was encrypted.</summary>
    public void ForgetEncryption(IPEndPoint endPoint)
    {
        if (_known.TryGetValue(endPoint, out Candidate? candidate))
            candidate.IsEncrypted = null;
    }

    /// <summary>
    /// Returns whether the last connection to an address was encrypted. Without a connection, returns true if a peer
    /// exchange message said that the peer prefers encryption, and otherwise null.
    /// </summary>
    public bool? IsEncrypted(IPEndPoint endPoint) =>
        !_known.TryGetValue(endPoint, out Candidate? candidate) ? null
        : candidate.IsEncrypted is { } known ? known
        : candidate.Flags.HasFlag(PexFlags.PrefersEncryption) ? true : null;

    /// <summary>Excludes a known address of this client from dialing for good.</summary>
    public void MarkOwn(IPEndPoint endPoint) => Change(endPoint, Use.Own);

    /// <summary>
    /// Excludes the known address of a banned or blocked peer from dialing until <see cref="UpdateExcluded"/> allows it
    /// again.
    /// </summary>
    public void Exclude(IPEndPoint endPoint) => Change(endPoint, Use.Excluded);

    /// <summary>Excludes all known addresses of a banned origin from dialing.</summary>
    public void Exclude(PeerOrigin banned)
    {
        foreach (Candidate candidate in _known.Values.Where(candidate => new PeerOrigin(candidate.EndPoint) == banned))
            Change(candidate.EndPoint, Use.Excluded);
    }

    /// <summary>
    /// Excludes every banned or blocked address from dialing, and allows dialing to all other known addresses, except
    /// this client's own.
    /// </summary>
    /// <param name="isExcluded">Returns whether an address is banned or blocked.</param>
    public void UpdateExcluded(Predicate<IPEndPoint> isExcluded)
    {
        foreach (Candidate candidate in _known.Values)
        {
            if (isExcluded(candidate.EndPoint))
                Change(candidate.EndPoint, Use.Excluded);
            else if (candidate.Use == Use.Excluded)
            {
                candidate.Use = Use.Idle;
                candidate.NotBefore = default;
                _idle.Add(candidate);
            }
        }
    }

    public void RemoveUnless(Predicate<PeerSource> isAllowed)
    {
        foreach (Candidate candidate in _known.Values.Where(candidate => !isAllowed(candidate.Source)).ToArray())
        {
            Change(candidate.EndPoint, Use.Idle);
            Forget(candidate);
        }
    }

    /// <summary>
    /// Removes an address whose source is the given one, unless it is connected, being dialed or excluded from dialing.
    /// </summary>
    /// <returns>Whether no address with this source remains.</returns>
    public bool TryForget(IPEndPoint endPoint, PeerSource source)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate) || candidate.Source != source)
            return true;
        if (candidate.Use != Use.Idle)
            return false;
        Forget(candidate);
        return true;
    }

    /// <summary>Removes the delay of a known address, so that the next dial can begin at once.</summary>
    public void ClearDelay(IPEndPoint endPoint)
    {
        if (_known.TryGetValue(endPoint, out Candidate? candidate))
            candidate.NotBefore = default;
    }

    public void MarkSeed(IPEndPoint endPoint)
    {
        if (_known.TryGetValue(endPoint, out Candidate? candidate))
            candidate.IsSeed = true;
    }

    /// <summary>
    /// Records that a dial failed or that a connection closed, and sets the delay before the next dial. An address with
    /// too many consecutive failures is removed, unless the user added it.
    /// </summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="now">The current time.</param>
    /// <param name="failed">
    /// Whether the dial failed or the connection was useless. Each consecutive failure doubles the delay, up to a
    /// maximum.
    /// </param>
    public void MarkIdle(IPEndPoint endPoint, DateTimeOffset now, bool failed)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate)
            || candidate.Use is not (Use.Dialing or Use.Connected))
            return;
        candidate.Failures = failed ? candidate.Failures + 1 : 0;
        candidate.NotBefore = now + ReconnectBackoff.Delay(Math.Max(1, candidate.Failures), _random);
        Change(endPoint, Use.Idle);
        if (candidate.Failures > MaxFailures && candidate.Source != PeerSource.Manual)
            Forget(candidate);
    }

    /// <summary>Removes the delay of every known address, so that the next dial can begin at once.</summary>
    public void ClearDelays()
    {
        foreach (Candidate candidate in _known.Values)
            candidate.NotBefore = default;
    }

    private void Change(IPEndPoint endPoint, Use use)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate) || candidate.Use == use
            || candidate.Use is Use.Excluded or Use.Own)
            return;
        if (candidate.Use == Use.Idle)
            _idle.Remove(candidate);
        if (candidate.Use == Use.Dialing)
            Dialing--;
        candidate.Use = use;
        if (use == Use.Idle)
            _idle.Add(candidate);
        if (use == Use.Dialing)
            Dialing++;
    }

    private bool MakeRoom()
    {
        Candidate? worst = null;
        foreach (Candidate candidate in _idle)
        {
            if (candidate.Source != PeerSource.Manual && candidate.Failures > (worst?.Failures ?? 0))
                worst = candidate;
        }

        if (worst is not null)
            Forget(worst);
        return worst is not null;
    }

    private void Forget(Candidate candidate)
    {
        _idle.Remove(candidate);
        _known.Remove(candidate.EndPoint);
    }

    private enum Use
    {
        Idle,
        Dialing,
        Connected,
        Excluded,
        Own,
    }

    private sealed class Candidate(IPEndPoint endPoint, PeerSource source)
    {
        public IPEndPoint EndPoint { get; } = endPoint;

        public PeerSource Source { get; private set; } = source;

        public Use Use { get; set; }

        public int Failures { get; set; }

        public DateTimeOffset NotBefore { get; set; }

        public bool IsSeed { get; set; }

        public PexFlags Flags { get; set; }

        /// <summary>
        /// Whether the last connection was encrypted; null if there was none, or if the last dial failed.
        /// </summary>
        public bool? IsEncrypted { get; set; }

        /// <summary>
        /// Sets the tracker as the source of the address, unless the user added it. A private torrent may use only
        /// addresses from its trackers and from the user (BEP 27).
        /// </summary>
        public void UseTracker()
        {
            if (Source != PeerSource.Manual)
                Source = PeerSource.Tracker;
        }

        /// <summary>Sets the user as the source of the address, and allows it to be dialed at once.</summary>
        public void UseManual()
        {
            Source = PeerSource.Manual;
            Failures = 0;
            NotBefore = default;
        }
    }
}
