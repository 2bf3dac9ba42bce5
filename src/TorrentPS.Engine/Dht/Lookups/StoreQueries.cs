using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>
/// Sends the store queries at the end of a lookup: <c>announce_peer</c> or <c>put</c> to each of the closest nodes,
/// with the write token from the node's response.
/// </summary>
internal sealed class StoreQueries(OutgoingQueries queries, Func<KrpcMessage> createQuery, Action ended)
{
    /// <summary>
    /// Maximum number of store queries to one node. The query is repeated once, because UDP packets can be lost.
    /// </summary>
    private const int MaxAttempts = 2;

    private readonly HashSet<LookupCandidate> _stored = [];
    private int _pending;

    public int Stored => _stored.Count;

    public void Start(IReadOnlyList<LookupCandidate> nodes)
    {
        _pending = 1;
        foreach (LookupCandidate node in nodes)
            Send(node, 1);
        Complete();
    }

    private void Send(LookupCandidate node, int attempt)
    {
        KrpcMessage query = createQuery();
        var message = new KrpcMessage
        {
            Method = query.Method,
            Target = query.Target,
            Token = node.Token,
            Port = query.Port,
            ImpliedPort = query.ImpliedPort,
            IsSeed = query.IsSeed,
            Value = query.Value,
        };
        if (queries.Send(new StoreQuery(this, node, attempt), message, node.Node.Address, node.EndPoint) > 0)
            _pending++;
    }

    private void Complete()
    {
        if (--_pending == 0)
            ended();
    }

    private sealed class StoreQuery(StoreQueries owner, LookupCandidate node, int attempt) : OutgoingQuery
    {
        public override void OnAnswer(in KrpcMessage answer)
        {
            if (answer.Kind == KrpcKind.Response)
                owner._stored.Add(node);
            if (!IsLate)
                owner.Complete();
        }

        /// <summary>Repeats the query once. If the repeated query is late, stops waiting for the node.</summary>
        public override void OnLate()
        {
            if (attempt < MaxAttempts)
                owner.Send(node, attempt + 1);
            owner.Complete();
        }

        public override void OnTimeout()
        {
        }
    }
}
