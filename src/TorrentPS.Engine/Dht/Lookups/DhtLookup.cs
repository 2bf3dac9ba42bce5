using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>
/// Walks towards a point: asks the nearest nodes it heard of, a few at once, until the nearest eight have all answered (BEP 5,
/// "overview"); then may store something at them.
/// </summary>
/// <remarks>
/// A node that is late no longer holds the walk up, and is asked once more, as packets get lost. A node that answers with another id than
/// it was said to have does not count, and neither does what it says.
/// </remarks>
internal abstract class DhtLookup(LookupContext tools, NodeId target)
{
    private const int Nearest = DhtNodeSettings.BucketSize;

    /// <summary>How many nodes of one answer are looked at: real ones name eight, some a few more.</summary>
    private const int MaxNodesPerAnswer = 2 * Nearest;

    /// <summary>The longest way that is followed. Ten million nodes need about eight steps.</summary>
    private const int MaxHops = 20;

    /// <summary>The most queries for one lookup; walks among ten million nodes need under a hundred.</summary>
    private const int MaxQueries = 200;

    private const int TimesToAsk = 2;

    /// <summary>How long a lookup waits for a first node to ask, and how long it may take.</summary>
    private const long MaxAge = 60 * DhtClock.Second;

    private readonly LookupCandidates _candidates = new(target);
    private readonly List<OutgoingQuery> _underWay = [];
    private readonly long _began = tools.Clock.Now;
    private int _asked;
    private int _answered;
    private bool _hasBegun;
    private StoreQueries? _storing;

    /// <summary>Where it goes.</summary>
    public NodeId Target { get; } = target;

    /// <summary>Whether it has ended.</summary>
    public bool IsDone { get; private set; }

    protected LookupContext Tools => tools;

    /// <summary>Ends it at once; its end is reported as incomplete.</summary>
    public void Cancel() => Finish(isIncomplete: true);

    /// <summary>Asks whom it can. Called after anything happened.</summary>
    public void Advance()
    {
        if (IsDone || _storing is not null)
            return;
        if (!_hasBegun && !Begin())
            return;

        int waitingFor = CountAsked();
        int considered = 0;
        int answered = 0;
        bool isBlocked = false;
        foreach (LookupCandidate candidate in _candidates.NearestFirst)
        {
            if (candidate.State is CandidateState.Failed || (candidate.State is CandidateState.New && candidate.IsDiscredited))
                continue;
            if (candidate.State is CandidateState.Late && candidate.TimesAsked >= TimesToAsk)
                continue;
            if (candidate.State is CandidateState.New or CandidateState.Late)
            {
                isBlocked = waitingFor >= tools.Settings.Concurrency || !TryAsk(candidate);
                if (isBlocked)
                    break;
                waitingFor++;
            }

            if (candidate.State == CandidateState.Answered)
                answered++;
            if (++considered == Nearest)
                break;
        }

        bool nearestAnswered = !isBlocked && answered == considered;
        bool isHopeless = answered == 0 && _underWay.Count > 0;
        if ((nearestAnswered && !isHopeless) || _asked >= MaxQueries)
            WalkEnded();
    }

    /// <summary>Looks after time limits.</summary>
    public void Tick()
    {
        if (tools.Clock.Now - _began > MaxAge)
            Finish(isIncomplete: true);
        else
            Advance();
    }

    /// <summary>The query for each node; id, transaction id and version are added to it.</summary>
    protected abstract KrpcMessage Query();

    /// <summary>A node that is who it should be answered.</summary>
    protected abstract void Answered(in KrpcMessage answer, NodeAddress from);

    /// <summary>What to send to the nearest nodes at the end, when anything; the token is added to it.</summary>
    protected virtual KrpcMessage Store() => default;

    /// <summary>Whether anything is to be stored at the end.</summary>
    protected virtual bool IsToStore => false;

    /// <summary>Told once at the end.</summary>
    protected abstract void Ended(LookupOutcome outcome);

    /// <summary>Ends the walk when nothing more is to be found.</summary>
    protected void Stop() => Finish(isIncomplete: false);

    private bool Begin()
    {
        var known = new NodeEntry[2 * Nearest];
        int count = tools.Table.FindNearest(Target, known);
        for (int i = 0; i < count; i++)
            _candidates.Add(new LookupCandidate(known[i].Node, null, known[i].EndPoint));
        return _hasBegun = count > 0;
    }

    private int CountAsked()
    {
        int count = 0;
        foreach (OutgoingQuery query in _underWay)
            count += query.IsLate ? 0 : 1;
        return count;
    }

    private bool TryAsk(LookupCandidate candidate)
    {
        var query = new Step(this, candidate);
        if (_asked >= MaxQueries || tools.Queries.Send(query, Query(), candidate.Node.Address, candidate.EndPoint) == 0)
            return false;
        _underWay.Add(query);
        _asked++;
        candidate.TimesAsked++;
        candidate.State = CandidateState.Asked;
        return true;
    }

    private void Take(Step step, in KrpcMessage answer)
    {
        LookupCandidate candidate = step.Candidate;
        _underWay.Remove(step);
        if (IsDone || candidate.State is CandidateState.Answered or CandidateState.Failed)
            return;
        if (answer.Kind == KrpcKind.Error || answer.Id != candidate.Node.Id)
        {
            candidate.TurnedOut(CandidateState.Failed);
            Advance();
            return;
        }

        _answered++;
        candidate.TurnedOut(CandidateState.Answered);
        candidate.Token = answer.Token.ToArray();
        if (candidate.Hop < MaxHops)
            TakeNodes(candidate, answer);
        if (_storing is null)
            Answered(answer, candidate.Node.Address);
        Advance();
    }

    private void TakeNodes(LookupCandidate from, in KrpcMessage answer)
    {
        bool isIPv6 = !from.Node.Address.IsIPv4;
        int taken = 0;
        foreach (CompactNode node in new CompactNodes(isIPv6 ? answer.Nodes6 : answer.Nodes, isIPv6))
        {
            if (taken++ == MaxNodesPerAnswer)
                break;
            if (from.Node.Address.MayName(node.Address) && node.Id != tools.Table.OwnId)
                _candidates.Add(new LookupCandidate(node, from, null));
        }
    }

    private void WalkEnded()
    {
        if (!IsToStore)
        {
            Finish(isIncomplete: false);
            return;
        }

        // The nearest that gave a token; among twice as many, those whose ids nobody chose come first.
        LookupCandidate[] places = [.. AnsweredOnes().Where(place => place.Token.Length > 0).Take(2 * Nearest)
            .OrderBy(place => !SecureNodeId.Verify(place.Node.Id, place.Node.Address)).Take(Nearest)];
        _storing = new StoreQueries(tools.Queries, Store, () => Finish(isIncomplete: false));
        _storing.Begin(places);
    }

    private void Finish(bool isIncomplete)
    {
        if (IsDone)
            return;
        IsDone = true;

        // What is under way goes on: the routing table learns from it who answers and who does not.
        LookupCandidate[] nearest = [.. AnsweredOnes().Take(Nearest)];
        Ended(new LookupOutcome
        {
            Nearest = [.. nearest.Select(candidate => candidate.Node)],
            Asked = _asked,
            Answered = _answered,
            Hops = nearest.Length == 0 ? 0 : nearest.Max(candidate => candidate.Hop),
            Stored = _storing?.Stored ?? 0,
            Elapsed = TimeSpan.FromMilliseconds(tools.Clock.Now - _began),
            IsIncomplete = isIncomplete,
        });
    }

    private IEnumerable<LookupCandidate> AnsweredOnes() => _candidates.NearestFirst.Where(candidate => candidate.State == CandidateState.Answered);

    /// <summary>One query of the walk.</summary>
    private sealed class Step(DhtLookup lookup, LookupCandidate candidate) : OutgoingQuery
    {
        public LookupCandidate Candidate => candidate;

        public override void Answered(in KrpcMessage answer) => lookup.Take(this, answer);

        public override void Late()
        {
            if (candidate.State == CandidateState.Asked)
                candidate.State = CandidateState.Late;
            lookup.Advance();
        }

        public override void Failed()
        {
            lookup._underWay.Remove(this);
            if (candidate.State is CandidateState.Late && candidate.TimesAsked >= TimesToAsk)
                candidate.TurnedOut(CandidateState.Failed);
            lookup.Advance();
        }
    }
}
