using System.Buffers.Binary;
using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>
/// This node's outstanding queries (libtorrent: rpc_manager). Each query has an unpredictable transaction id. An answer
/// is accepted only from the address that was queried.
/// </summary>
internal sealed class OutgoingQueries(
    DhtNodeSettings settings, DhtClock clock, Random random, CountingPacketSender sender, RoutingTable table)
{
    /// <summary>
    /// Time in milliseconds without an answer from any node after which this host's network is assumed to be down.
    /// While the network is down, time-outs do not count against the queried nodes.
    /// </summary>
    private const long OwnNetworkTimeout = 15 * DhtClock.Second;

    /// <summary>
    /// Bytes of padding in a query of a lookup. The padding makes the query longer than a usual response. A node that
    /// limits amplification, as this client does, can therefore respond at once. Without padding, such a node would
    /// first ping this node to validate its address.
    /// </summary>
    private const int QueryPadding = 340;

    private readonly Dictionary<uint, OutgoingQuery> _byKey = [];

    /// <summary>
    /// The outstanding queries in the order of sending. Queries that were answered since the last tick are still in the
    /// list.
    /// </summary>
    private readonly List<OutgoingQuery> _all = [];

    private readonly RoundTripTimes _roundTripTimes = new();
    private long _lastReceived;

    public int Count => _byKey.Count;

    public bool CanSend => _byKey.Count < settings.MaxOutstandingQueries;

    /// <summary>
    /// Sends a query and records it as outstanding. Adds the node id, the transaction id and the version to the
    /// message, and padding to the query of a lookup (<see cref="QueryPadding"/>). Methods of <paramref name="query"/>
    /// are called when the answer arrives or a time-out passes. <paramref name="to"/> and <paramref name="endPoint"/>
    /// must be the same address.
    /// </summary>
    /// <returns>The number of bytes sent, or 0 if too many queries are outstanding.</returns>
    public int Send(OutgoingQuery query, KrpcMessage message, NodeAddress to, IPEndPoint endPoint)
    {
        if (!CanSend)
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
    /// Returns the outstanding query that a response or error message answers. The query is then no longer outstanding.
    /// </summary>
    /// <returns>Null if no outstanding query to this address has the transaction id of the message.</returns>
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

            // Without any answer for a long time, this host's network is probably down.
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
