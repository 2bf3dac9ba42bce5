using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The addresses known, and which of them to try next.</summary>
internal sealed class PeerCandidates
{
    /// <summary>How many addresses are kept: a tracker names 200 at most at a time, and a liar may name any number.</summary>
    public const int MaxCandidates = 2000;

    /// <summary>An address that failed so often is forgotten unless the user named it.</summary>
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

    /// <summary>How many are neither connected nor being tried.</summary>
    public int IdleCount => _idle.Count;

    /// <summary>How many are being tried.</summary>
    public int Dialing { get; private set; }

    /// <summary>Notes an address; one that is known keeps its history, unless the user asks for it.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(IPEndPoint endPoint, PeerSource source)
    {
        if (_known.TryGetValue(endPoint, out Candidate? known))
        {
            if (source == PeerSource.Manual)
                known.AskFor();
            else if (source == PeerSource.Tracker)
                known.Vouch();
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

    /// <summary>Notes what another peer said of an address.</summary>
    public void Describe(IPEndPoint endPoint, PexFlags flags)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate))
            return;
        candidate.Flags = flags;
        candidate.IsSeed |= flags.HasFlag(PexFlags.Seed);
    }

    /// <summary>What another peer said of an address.</summary>
    public PexFlags FlagsOf(IPEndPoint endPoint) => _known.TryGetValue(endPoint, out Candidate? candidate) ? candidate.Flags : PexFlags.None;

    /// <summary>The next address to try: those the user named first, else of those that are due one that failed least.</summary>
    /// <param name="now">The time.</param>
    /// <param name="skipSeeds">Whether seeds are of no use.</param>
    /// <param name="priorityOf">Which of equals is better: the higher; of equals in this too, any.</param>
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

    /// <summary>Where an address came from: the user, else a tracker, else who was first to name it.</summary>
    public PeerSource SourceOf(IPEndPoint endPoint) =>
        _known.TryGetValue(endPoint, out Candidate? candidate) ? candidate.Source : PeerSource.Incoming;

    /// <summary>It is being tried.</summary>
    public void MarkDialing(IPEndPoint endPoint) => Change(endPoint, Use.Dialing);

    /// <summary>It is connected.</summary>
    public void MarkConnected(IPEndPoint endPoint) => Change(endPoint, Use.Connected);

    /// <summary>It never needs to be tried again: ourselves, or banned.</summary>
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

    /// <summary>Allows an address to be tried without delay.</summary>
    public void Retry(IPEndPoint endPoint)
    {
        if (_known.TryGetValue(endPoint, out Candidate? candidate))
            candidate.NotBefore = default;
    }

    /// <summary>It has everything: of no use to a seed.</summary>
    public void MarkSeed(IPEndPoint endPoint)
    {
        if (_known.TryGetValue(endPoint, out Candidate? candidate))
            candidate.IsSeed = true;
    }

    /// <summary>It could not be reached, or the connection ended.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="now">The time.</param>
    /// <param name="failed">Whether nothing useful came of it.</param>
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

    /// <summary>Nobody may be connected any more: all can be tried at once when work goes on.</summary>
    public void Reset()
    {
        foreach (Candidate candidate in _known.Values)
            candidate.NotBefore = default;
    }

    private void Change(IPEndPoint endPoint, Use use)
    {
        if (!_known.TryGetValue(endPoint, out Candidate? candidate) || candidate.Use == use || candidate.Use == Use.Never)
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

        /// <summary>A tracker names it, too: should the torrent turn out to be private, that is what counts (BEP 27).</summary>
        public void Vouch()
        {
            if (Source != PeerSource.Manual)
                Source = PeerSource.Tracker;
        }

        /// <summary>The user named it: whatever happened before, it is tried now.</summary>
        public void AskFor()
        {
            Source = PeerSource.Manual;
            Failures = 0;
            NotBefore = default;
        }
    }
}
