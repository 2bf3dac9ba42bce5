using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

internal sealed record LookupContext(
    DhtNodeSettings Settings, DhtClock Clock, RoutingTable Table, OutgoingQueries Queries);

/// <summary>
/// An iterative lookup (libtorrent: traversal_algorithm). Queries the nodes closest to the target, a few at a time,
/// until the eight closest have responded (BEP 5, "overview"). Can then send a store query to the closest nodes.
/// </summary>
/// <remarks>
/// If a query is late, the lookup queries a further node in addition, and repeats the late query once. A response with
/// an unexpected node id is discarded, and its sender counts as failed.
/// </remarks>
internal abstract class DhtLookup(LookupContext context, NodeId target)
{
    private const int ResultCount = DhtNodeSettings.BucketSize;

    /// <summary>
    /// Maximum number of nodes read from one response. Most clients name eight nodes, some a few more.
    /// </summary>
    private const int MaxNodesPerResponse = 2 * ResultCount;

    /// <summary>
    /// Maximum number of hops to a queried node. In a network of ten million nodes, a lookup needs about eight hops.
    /// </summary>
    private const int MaxHops = 20;

    /// <summary>
    /// Maximum number of queries of one lookup, without store queries. In a network of ten million nodes, a lookup
    /// needs fewer than one hundred queries.
    /// </summary>
    private const int MaxQueries = 200;

    /// <summary>
    /// Maximum number of queries to one node. The query is repeated once, because UDP packets can be lost.
    /// </summary>
    private const int MaxAttempts = 2;

    /// <summary>
    /// Maximum duration of a lookup in milliseconds. A query fails after at most 5 seconds, so that most lookups end
    /// much sooner. If the routing table is empty, the lookup first waits for a node, and this wait counts towards its
    /// duration.
    /// </summary>
    private const long MaxDuration = 60 * DhtClock.Second;

    private readonly LookupCandidates _candidates = new(target);
    private readonly List<OutgoingQuery> _outstanding = [];
    private readonly long _startedAt = context.Clock.Now;
    private int _queriesSent;
    private int _responses;
    private bool _hasStarted;
    private StoreQueries? _storeQueries;

    public NodeId Target { get; } = target;

    public bool IsDone { get; private set; }

    protected LookupContext Context => context;

    /// <summary>
    /// Ends the lookup at once and reports an incomplete outcome. Does nothing if the lookup has already ended.
    /// </summary>
    public void Cancel() => Finish(isIncomplete: true);

    /// <summary>
    /// Continues the lookup: queries further nodes, closest first, within the limit of
    /// <see cref="DhtNodeSettings.Concurrency"/>. Ends the search when the eight closest nodes have responded, or when
    /// <see cref="MaxQueries"/> queries have been sent. Failed nodes and nodes with a distrusted referrer do not count
    /// among the eight.
    /// </summary>
    public void Advance()
    {
        if (IsDone || _storeQueries is not null)
            return;
        if (!_hasStarted && !TryStart())
            return;

        int outstanding = CountOutstanding();
        int considered = 0;
        int responded = 0;
        bool isBlocked = false;
        foreach (LookupCandidate candidate in _candidates.NearestFirst)
        {
            if (candidate.State is CandidateState.Failed)
                continue;
            if (candidate.State is CandidateState.New && candidate.HasDistrustedReferrer)
                continue;
            if (candidate.State is CandidateState.Late && candidate.Attempts >= MaxAttempts)
                continue;
            if (candidate.State is CandidateState.New or CandidateState.Late)
            {
                isBlocked = outstanding >= context.Settings.Concurrency || !TryQuery(candidate);
                if (isBlocked)
                    break;
                outstanding++;
            }

            if (candidate.State == CandidateState.Responded)
                responded++;
            if (++considered == ResultCount)
                break;
        }

        bool nearestResponded = !isBlocked && responded == considered;
        bool mayStillRespond = responded == 0 && _outstanding.Count > 0;
        if ((nearestResponded && !mayStillRespond) || _queriesSent >= MaxQueries)
            EndSearch();
    }

    /// <summary>
    /// Ends the lookup as incomplete if <see cref="MaxDuration"/> has passed. Otherwise continues the lookup.
    /// </summary>
    public void Tick()
    {
        if (context.Clock.Now - _startedAt > MaxDuration)
            Finish(isIncomplete: true);
        else
            Advance();
    }

    /// <summary>
    /// Creates the query that is sent to each node, without node id, transaction id and version.
    /// <see cref="OutgoingQueries.Send"/> adds these.
    /// </summary>
    protected abstract KrpcMessage CreateQuery();

    /// <summary>
    /// Handles a response with the expected node id. This method is not called for responses that arrive after the
    /// store queries were sent.
    /// </summary>
    protected abstract void OnResponse(in KrpcMessage answer, NodeAddress from);

    /// <summary>
    /// Creates the store query without write token, node id, transaction id and version. These are added when the query
    /// is sent.
    /// </summary>
    protected virtual KrpcMessage CreateStoreQuery() => default;

    /// <summary>Whether the lookup ends with store queries to the closest nodes.</summary>
    protected virtual bool HasStoreQuery => false;

    /// <summary>Handles the end of the lookup. Called once, for complete and incomplete lookups.</summary>
    protected abstract void OnEnded(LookupOutcome outcome);

    /// <summary>Ends the lookup early with a complete outcome.</summary>
    protected void Stop() => Finish(isIncomplete: false);

    private bool TryStart()
    {
        var entries = new NodeEntry[2 * ResultCount];
        int count = context.Table.FindNearest(Target, entries);
        for (int i = 0; i < count; i++)
            _candidates.Add(new LookupCandidate(entries[i].Node, null, entries[i].EndPoint));
        return _hasStarted = count > 0;
    }

    private int CountOutstanding()
    {
        int count = 0;
        foreach (OutgoingQuery query in _outstanding)
            count += query.IsLate ? 0 : 1;
        return count;
    }

    private bool TryQuery(LookupCandidate candidate)
    {
        var query = new LookupQuery(this, candidate);
        if (_queriesSent >= MaxQueries)
            return false;
        if (context.Queries.Send(query, CreateQuery(), candidate.Node.Address, candidate.EndPoint) == 0)
            return false;
        _outstanding.Add(query);
        _queriesSent++;
        candidate.Attempts++;
        candidate.State = CandidateState.Queried;
        return true;
    }

    private void HandleAnswer(LookupQuery query, in KrpcMessage answer)
    {
        LookupCandidate candidate = query.Candidate;
        _outstanding.Remove(query);
        if (IsDone || candidate.State is CandidateState.Responded or CandidateState.Failed)
            return;
        if (answer.Kind == KrpcKind.Error || answer.Id != candidate.Node.Id)
        {
            candidate.SetFinalState(CandidateState.Failed);
            Advance();
            return;
        }

        _responses++;
        candidate.SetFinalState(CandidateState.Responded);
        candidate.Token = answer.Token.ToArray();
        if (candidate.Hop < MaxHops)
            AddNodes(candidate, answer);
        if (_storeQueries is null)
            OnResponse(answer, candidate.Node.Address);
        Advance();
    }

    private void AddNodes(LookupCandidate from, in KrpcMessage answer)
    {
        bool isIPv6 = !from.Node.Address.IsIPv4;
        int count = 0;
        foreach (CompactNode node in new CompactNodes(isIPv6 ? answer.Nodes6 : answer.Nodes, isIPv6))
        {
            if (count++ == MaxNodesPerResponse)
                break;
            if (from.Node.Address.CanReferTo(node.Address) && node.Id != context.Table.OwnId)
                _candidates.Add(new LookupCandidate(node, from, null));
        }
    }

    private void EndSearch()
    {
        if (!HasStoreQuery)
        {
            Finish(isIncomplete: false);
            return;
        }

        // Of the sixteen closest nodes that gave a token, prefers those with valid ids (BEP 42).
        LookupCandidate[] nodes = [.. RespondedCandidates()
            .Where(node => node.Token.Length > 0)
            .Take(2 * ResultCount)
            .OrderBy(node => !SecureNodeId.Verify(node.Node.Id, node.Node.Address))
            .Take(ResultCount)];
        _storeQueries = new StoreQueries(context.Queries, CreateStoreQuery, () => Finish(isIncomplete: false));
        _storeQueries.Start(nodes);
    }

    private void Finish(bool isIncomplete)
    {
        if (IsDone)
            return;
        IsDone = true;

        // Outstanding queries continue: their responses and time-outs update the routing table.
        LookupCandidate[] nearest = [.. RespondedCandidates().Take(ResultCount)];
        OnEnded(new LookupOutcome
        {
            Nearest = [.. nearest.Select(candidate => candidate.Node)],
            QueriesSent = _queriesSent,
            Responses = _responses,
            Hops = nearest.Length == 0 ? 0 : nearest.Max(candidate => candidate.Hop),
            Stored = _storeQueries?.Stored ?? 0,
            Elapsed = TimeSpan.FromMilliseconds(context.Clock.Now - _startedAt),
            IsIncomplete = isIncomplete,
        });
    }

    private IEnumerable<LookupCandidate> RespondedCandidates() =>
        _candidates.NearestFirst.Where(candidate => candidate.State == CandidateState.Responded);

    private sealed class LookupQuery(DhtLookup lookup, LookupCandidate candidate) : OutgoingQuery
    {
        public LookupCandidate Candidate => candidate;

        public override void OnAnswer(in KrpcMessage answer) => lookup.HandleAnswer(this, answer);

        public override void OnLate()
        {
            if (candidate.State == CandidateState.Queried)
                candidate.State = CandidateState.Late;
            lookup.Advance();
        }

        public override void OnTimeout()
        {
            lookup._outstanding.Remove(this);
            if (candidate.State is CandidateState.Late && candidate.Attempts >= MaxAttempts)
                candidate.SetFinalState(CandidateState.Failed);
            lookup.Advance();
        }
    }
}
