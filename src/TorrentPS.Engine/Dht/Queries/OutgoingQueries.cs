using System.Buffers.Binary;
using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>Our queries under way: each with a transaction id that nobody can guess and that counts only from the address it was sent to.</summary>
internal sealed class OutgoingQueries(DhtNodeSettings settings, DhtClock clock, Random random, CountingPacketSender output, RoutingTable table)
{
    /// <summary>When nobody answered for so long before a query and since, our network is to blame. Searches and pings go out more often.</summary>
    private const long SilenceOfAll = 15 * DhtClock.Second;

    private readonly Dictionary<uint, OutgoingQuery> _byKey = [];

    /// <summary>In the order of their sending.</summary>
    private readonly List<OutgoingQuery> _all = [];

    /// <summary>
    /// What makes a query as long as its answer, in bytes: eight nodes and some peers, and the ping by which the other gets to know us. Whoever
    /// sends a stranger no more than it got (as we do) can so answer at once instead of asking first whether we are there, which takes
    /// another round trip and two more packets that may get lost.
    /// </summary>
    private const int QueryPadding = 340;

    private long _lastReceived;

    public int Count => _byKey.Count;

    public RoundTripTimes RoundTripTimes { get; } = new();

    public bool HasRoom => _byKey.Count < settings.MaxOutstanding;

    /// <summary>Completes a message, sends it and waits for its answer.</summary>
    /// <returns>How many bytes were sent; 0 when too many are under way.</returns>
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
        if (table.Find(to) is { } contact)
            contact.LastAsked = now;

        Span<byte> id = stackalloc byte[sizeof(uint)];
        Span<byte> packet = stackalloc byte[KrpcMessage.MaxLength];
        BinaryPrimitives.WriteUInt32BigEndian(id, key);
        int length = Complete(message, id).Write(packet);
        output.Send(packet[..length], endPoint);
        return length;
    }

    /// <summary>Finds the query that a response or error belongs to, and ends it.</summary>
    public OutgoingQuery? Match(in KrpcMessage answer, NodeAddress from)
    {
        if (answer.TransactionId.Length != sizeof(uint)
            || !_byKey.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(answer.TransactionId), out OutgoingQuery? query)
            || query.To != from)
            return null;
        End(query);
        _lastReceived = clock.Now;
        RoundTripTimes.Add(_lastReceived - query.SentAt);
        return query;
    }

    /// <summary>Gives a query up without a word.</summary>
    private void End(OutgoingQuery query)
    {
        query.IsOver = true;
        _byKey.Remove(query.Key);
    }

    public void Tick()
    {
        long now = clock.Now;
        (long late, long lost) = (RoundTripTimes.Short, RoundTripTimes.Long);
        int count = _all.Count;
        for (int i = 0; i < count; i++)
        {
            OutgoingQuery query = _all[i];
            long age = now - query.SentAt;
            if (!query.IsOver && !query.IsLate && age >= late)
            {
                query.IsLate = true;
                query.Late();
            }

            if (query.IsOver || age < lost)
                continue;
            End(query);

            // While nobody answers it is our own network that is away, and no node's fault.
            if (_lastReceived >= query.SentAt - SilenceOfAll)
                table.Failed(query.To);
            query.Failed();
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
