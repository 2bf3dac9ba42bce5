using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The known addresses of peers, and the choice of the next one to dial.</summary>
internal sealed class PeerCandidates
{
    /// <summary>
    /// Maximum addresses kept. Trackers name up to 200 at a time; a malicious source may name any number.
    /// </summary>
    public const int MaxCandidates = 2000;

    /// <summary>
    /// Consecutive failures after which an address is removed, unless the user named it. With the delays between dials,
    /// they take about five minutes.
    /// </summary>
    private const int MaxFailures = 6;

    private readonly Dictionary<IPEndPoint, Candidate> _known = [];
    private readonly List<Candidate> _idle = [];
    private readonly Random _random;

    public PeerCandidates(Random random) => _random = random;

    private enum Use
    {
        Idle,
        Dialing,
        Connected,
        Never,
    }

    /// <summary>Number of addresses that are neither connected nor being dialed.</summary>
    public int IdleCount => _idle.Count;

    /// <summary>Number of addresses being dialed.</summary>
    public int Dialing { get; private set; }

    /// <summary>Adds an address. A known one keeps its failures and delay, unless the user names it.</summary>
    /// <returns>Whether the address is new.</returns>
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

    /// <summary>Records the flags that a peer exchange message gave for an address (BEP 11).</summary>
    public void Describe(IPEndPoint endPoint, PexFlags flags)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate))
            return;
        candidate.Flags = flags;
        candidate.IsSeed |= flags.HasFlag(PexFlags.Seed);
    }

    /// <summary>Gets the flags that a peer exchange message gave for an address (BEP 11).</summary>
    public PexFlags FlagsOf(IPEndPoint endPoint) =>
        _known.TryGetValue(endPoint, out Candidate? candidate) ? candidate.Flags : PexFlags.None;

    /// <summary>
    /// Chooses the next address to dial: one that the user named, or else one with the fewest consecutive failures.
    /// Addresses whose delay has not passed are left out.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="skipSeeds">Whether known seeds are left out.</param>
    /// <param name="priorityOf">Priority among addresses with equal failures. The highest is chosen.</param>
    public IPEndPoint? Next(DateTimeOffset now, bool skipSeeds, Func<IPEndPoint, uint> priorityOf)
    {
        uint priority = 0;
        int start = _idle.Count == 0 ? 0 : _random.Next(_idle.Count);
        Candidate? best = null;
        for (int i = 0; i < _idle.Count; i++)
        {
            Candidate candidate = _idle[(start + i) % _idle.Count];
            if (candidate.NotBefore > now || (skipSeeds && candidate.IsSeed))
                continue;
            if (candidate.Source == PeerSource.Manual)
                return candidate.EndPoint;
            if (best is not null && candidate.Failures > best.Failures)
                continue;
            uint its = priorityOf(candidate.EndPoint);
            if (best is null || candidate.Failures < best.Failures || its > priority)
                (best, priority) = (candidate, its);
        }

        return best?.EndPoint;
    }

    /// <summary>
    /// Gets the source of an address: the user or a tracker if they named it, or else the first source. Unknown
    /// addresses count as incoming.
    /// </summary>
    public PeerSource SourceOf(IPEndPoint endPoint) =>
        _known.TryGetValue(endPoint, out Candidate? candidate) ? candidate.Source : PeerSource.Incoming;

    public void MarkDialing(IPEndPoint endPoint) => Change(endPoint, Use.Dialing);

    public void MarkConnected(IPEndPoint endPoint) => Change(endPoint, Use.Connected);

    /// <summary>Excludes an address from dialing for good: this client itself, or a banned peer.</summary>
    public void MarkNever(IPEndPoint endPoint) => Change(endPoint, Use.Never);

    /// <summary>Excludes all known addresses of a banned peer.</summary>
    public void MarkNever(PeerOrigin banned)
    {
        foreach (Candidate candidate in _known.Values.Where(candidate => new PeerOrigin(candidate.EndPoint) == banned))
            Change(candidate.EndPoint, Use.Never);
    }

    /// <summary>Removes all addresses whose source does not meet a condition.</summary>
    public void RemoveUnless(Predicate<PeerSource> isAllowed)
    {
        foreach (Candidate candidate in _known.Values.Where(candidate => !isAllowed(candidate.Source)).ToArray())
        {
            Change(candidate.EndPoint, Use.Idle);
            Forget(candidate);
        }
    }

    /// <summary>Allows one address to be dialed without delay.</summary>
    public void Retry(IPEndPoint endPoint)
    {
        if (_known.TryGetValue(endPoint, out Candidate? candidate))
            candidate.NotBefore = default;
    }

    /// <summary>Records that the peer at an address is a seed.</summary>
    public void MarkSeed(IPEndPoint endPoint)
    {
        if (_known.TryGetValue(endPoint, out Candidate? candidate))
            candidate.IsSeed = true;
    }

    /// <summary>
    /// Records that dialing failed or the connection closed, and sets the delay before the next dial.
    /// </summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="now">The current time.</param>
    /// <param name="failed">
    /// Whether the connection failed or was of no use. Each failure in a row lengthens the delay.
    /// </param>
    public void MarkIdle(IPEndPoint endPoint, DateTimeOffset now, bool failed)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate) || candidate.Use is Use.Idle or Use.Never)
            return;
        candidate.Failures = failed ? candidate.Failures + 1 : 0;
        candidate.NotBefore = now + ReconnectBackoff.Delay(Math.Max(1, candidate.Failures), _random);
        Change(endPoint, Use.Idle);
        if (candidate.Failures > MaxFailures && candidate.Source != PeerSource.Manual)
            Forget(candidate);
    }

    /// <summary>Allows all addresses to be dialed without delay.</summary>
    public void Reset()
    {
        foreach (Candidate candidate in _known.Values)
            candidate.NotBefore = default;
    }

    private void Change(IPEndPoint endPoint, Use use)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate) || candidate.Use == use
            || candidate.Use == Use.Never)
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
        /// Records that a tracker named the address too. A private torrent may use only such addresses (BEP 27).
        /// </summary>
        public void UseTracker()
        {
            if (Source != PeerSource.Manual)
                Source = PeerSource.Tracker;
        }

        /// <summary>Records that the user named the address, and allows it to be dialed at once.</summary>
        public void UseManual()
        {
            Source = PeerSource.Manual;
            Failures = 0;
            NotBefore = default;
        }
    }
}
