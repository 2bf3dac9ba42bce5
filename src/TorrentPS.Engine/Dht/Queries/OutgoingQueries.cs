using System.Buffers.Binary;
using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>
/// This node's outstanding queries (libtorrent: rpc_manager). Each has an unpredictable transaction id. A response is
/// accepted only from the address that was queried.
/// </summary>
internal sealed class OutgoingQueries(
    DhtNodeSettings settings, DhtClock clock, Random random, CountingPacketSender sender, RoutingTable table)
{
    /// <summary>
    /// A time-out does not count against the queried node if the last response from any node arrived more than this
    /// number of milliseconds before the query was sent. This host's own network is then assumed to be down: in a
    /// working network, responses arrive more often.
    /// </summary>
    private const long OwnNetworkTimeout = 15 * DhtClock.Second;

    /// <summary>
    /// Bytes of padding in a lookup query. The query is then as long as the usual response (eight nodes and some peers)
    /// and a ping together. A node that limits amplification, as this client does, can respond to it immediately.
    /// Otherwise that node first pings this node to validate its address, which costs a round trip and two more packets
    /// that may be lost.
    /// </summary>
    private const int QueryPadding = 340;

    private readonly Dictionary<uint, OutgoingQuery> _byKey = [];

    /// <summary>
    /// The outstanding queries in the order in which they were sent. Answered queries are removed at the next tick.
    /// </summary>
    private readonly List<OutgoingQuery> _all = [];

    private readonly RoundTripTimes _roundTripTimes = new();
    private long _lastReceived;

    public int Count => _byKey.Count;

    /// <summary>Whether fewer than the maximum number of queries are outstanding.</summary>
    public bool HasRoom => _byKey.Count < settings.MaxOutstandingQueries;

    /// <summary>
    /// Sends a query and registers it as outstanding. Adds the node id, the transaction id, the version and the padding
    /// to the message.
    /// </summary>
    /// <param name="query">The query object, which is called on the response and the time-outs.</param>
    /// <param name="message">The method and its arguments.</param>
    /// <param name="to">The address to query.</param>
    /// <param name="endPoint">The same address as <paramref name="to"/>, as an <see cref="IPEndPoint"/>.</param>
    /// <returns>The number of bytes sent, or 0 if too many queries are outstanding.</returns>
    public int Send(OutgoingQuery query, KrpcMessage message, NodeAddress to, IPEndPoint endPoint)
    {
        if (!HasRoom)
            return 0;
        long now = clock.Now;
        uint key;
        do
            key = (uint)random.NextInt64(1L << 32);
        while (_byKey.ContainsKey(key));
        query.Begin(key, to, now);
        _byKey.Add(key, query);
        _all.Add(query);
        if (table.Find(to) is { } entry)
            entry.LastQueried = now;

        Span<byte> id = stackalloc byte[sizeof(uint)];
        Span<byte> packet = stackalloc byte[KrpcMessage.MaxLength];
        BinaryPrimitives.WriteUInt32BigEndian(id, key);
        int length = Complete(message, id).Write(packet);
        sender.Send(packet[..length], endPoint);
        return length;
    }

    /// <summary>
    /// Finds the query that a response or error answers, and removes it from the outstanding queries.
    /// </summary>
    /// <returns>Null if no outstanding query has this transaction id and was sent to this address.</returns>
    public OutgoingQuery? Match(in KrpcMessage answer, NodeAddress from)
    {
        if (answer.TransactionId.Length != sizeof(uint)
            || !_byKey.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(answer.TransactionId), out OutgoingQuery? query)
            || query.To != from)
            return null;
        End(query);
        _lastReceived = clock.Now;
        _roundTripTimes.Add(_lastReceived - query.SentAt);
        return query;
    }

    private void End(OutgoingQuery query)
    {
        query.IsOver = true;
        _byKey.Remove(query.Key);
    }

    public void Tick()
    {
        long now = clock.Now;
        (long late, long lost) = (_roundTripTimes.ShortTimeout, _roundTripTimes.FinalTimeout);
        int count = _all.Count;
        for (int i = 0; i < count; i++)
        {
            OutgoingQuery query = _all[i];
            long age = now - query.SentAt;
            if (!query.IsOver && !query.IsLate && age >= late)
            {
                query.IsLate = true;
                query.OnLate();
            }

            if (query.IsOver || age < lost)
                continue;
            End(query);

            // While this host's network is down, a time-out does not count against the node.
            if (_lastReceived >= query.SentAt - OwnNetworkTimeout)
                table.OnTimeout(query.To);
            query.OnTimeout();
        }

        _all.RemoveAll(query => query.IsOver);
    }

    private KrpcMessage Complete(in KrpcMessage message, ReadOnlySpan<byte> transactionId) => new()
    {
        Kind = KrpcKind.Query,
        Method = message.Method,
        TransactionId = transactionId,
        Version = CountingPacketSender.Version,
        IsReadOnly = settings.IsReadOnly,
        Id = table.OwnId,
        Target = message.Target,
        Token = message.Token,
        Port = message.Port,
        ImpliedPort = message.ImpliedPort,
        IsSeed = message.IsSeed,
        NoSeed = message.NoSeed,
        Scrape = message.Scrape,
        Want = message.Want,
        Padding = message.Method is KrpcMethod.FindNode or KrpcMethod.GetPeers or KrpcMethod.Get ? QueryPadding : 0,
        Value = message.Value,
    };
}
