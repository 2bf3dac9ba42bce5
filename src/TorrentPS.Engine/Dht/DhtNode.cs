using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Engine.Dht.Stores;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// A DHT node of one address family (BEP 5, BEP 32), without socket and timer. Its owner passes in received packets and
/// ticks, and supplies the clock and the sender of packets. Not thread-safe. Callbacks run inside
/// <see cref="Receive"/>, <see cref="Tick"/>, <see cref="DhtLookup.Cancel"/>, or the method that was given the
/// callback.
/// </summary>
internal sealed class DhtNode
{
    private readonly DhtNodeSettings _settings;
    private readonly AddressFamily _family;
    private readonly DhtClock _clock;
    private readonly CountingPacketSender _sender;
    private readonly RoutingTable _table;
    private readonly OutgoingQueries _queries;
    private readonly QueryHandler _queryHandler;
    private readonly AmplificationLimiter _amplification;
    private readonly QueryRateLimiter _rateLimiter;
    private readonly AddressValidator _validator;
    private readonly RoutingTableMaintenance _maintenance;
    private readonly ExternalAddressVote _vote;
    private readonly LookupContext _lookupContext;
    private readonly Random _random;
    private readonly List<DhtLookup> _lookups = [];
    private long _bytesReceived;
    private long _messagesReceived;
    private long _dropped;
    private DhtNode? _sibling;
    private NodeAddress? _reportedAddress;

    /// <summary>
    /// Creates a node with an empty routing table. Outside tests, <paramref name="random"/> must be a
    /// <see cref="SecureRandom"/>, so that other hosts cannot predict node ids, transaction ids and tokens.
    /// </summary>
    public DhtNode(
        DhtNodeSettings settings, AddressFamily family, TimeProvider time, Random random, IPacketSender sender)
    {
        _settings = settings;
        _family = family;
        _random = random;
        _clock = new DhtClock(time);
        _sender = new CountingPacketSender(sender);
        _table = new RoutingTable(settings.Id ?? NodeId.Random(random));
        _queries = new OutgoingQueries(settings, _clock, random, _sender, _table);
        _queryHandler = new QueryHandler(settings, _clock, random, _table);
        _amplification = new AmplificationLimiter(random);
        _rateLimiter = new QueryRateLimiter(settings, random);
        _validator = new AddressValidator(_clock, _queries, _amplification, AnswerHeld);
        _lookupContext = new LookupContext(settings, _clock, _table, _queries);
        _maintenance = new RoutingTableMaintenance(
            _clock, random, _table, _queries, target => TryStart(new NodeLookup(_lookupContext, target, null)));
        _vote = new ExternalAddressVote(family);
    }

    /// <summary>
    /// The node's id. The node replaces its id if the id is invalid for the external address (BEP 42).
    /// </summary>
    public NodeId Id => _table.OwnId;

    /// <summary>Called with this host's external address when the nodes' vote accepts it.</summary>
    public Action<IPAddress>? ExternalAddressFound { get; init; }

    /// <summary>Number of nodes in the routing table, without replacements.</summary>
    public int NodeCount => _table.Count;

    /// <summary>Whether the routing table has a good node. Replacements don't count.</summary>
    public bool HasGoodNode => _table.HasGoodNode(_clock.Now);

    public int OutstandingQueries => _queries.Count;

    public int ActiveLookups => _lookups.Count;

    public DhtNodeStatus Status => RoutingTableStatus.Create(_table, _clock.Now) with
    {
        Family = _family,
        ExternalAddress = _vote.Address?.ToEndPoint().Address,
        Lookups = _lookups.Count,
        BytesReceived = _bytesReceived,
        BytesSent = _sender.BytesSent,
        MessagesReceived = _messagesReceived,
        MessagesSent = _sender.MessagesSent,
        Dropped = _dropped,
        StoredTorrents = _queryHandler.Peers.TorrentCount,
        StoredPeers = _queryHandler.Peers.PeerCount,
        StoredItems = _queryHandler.Items.Count,
    };

    /// <summary>
    /// Connects this node with its sibling, this client's node of the other address family (BEP 32). Each of these two
    /// nodes can then name nodes of both families in its answers. Nodes of the other family that a response names are
    /// passed to the sibling.
    /// </summary>
    public void Join(DhtNode sibling)
    {
        (_sibling, sibling._sibling) = (sibling, this);
        (_queryHandler.OtherTable, sibling._queryHandler.OtherTable) = (sibling._table, _table);
    }

    /// <summary>
    /// Uses this host's external address, as sources other than the DHT report it, for the node's id (BEP 42). Has no
    /// effect once the nodes' vote has accepted an address.
    /// </summary>
    public void UseExternalAddress(IPAddress address)
    {
        var reported = new NodeAddress(new IPEndPoint(address, 0));
        if (!reported.IsOfFamily(_family))
            return;
        _reportedAddress = reported;
        UpdateId();
    }

    /// <summary>
    /// Handles a received packet, whose source address may be forged. Ignores the packet if it is not a KRPC message,
    /// or if its source is not a unicast address of the node's address family.
    /// </summary>
    public void Receive(ReadOnlySpan<byte> packet, IPEndPoint from)
    {
        _bytesReceived += packet.Length;
        _messagesReceived++;
        var address = new NodeAddress(from);
        if (!address.IsOfFamily(_family) || !address.IsUsable || !KrpcMessage.TryParse(packet, out KrpcMessage message))
            return;
        if (message.Kind != KrpcKind.Query)
            HandleAnswer(message, address);
        else if (!_settings.IsReadOnly)
            HandleQuery(packet, message, address, from);
    }

    /// <summary>
    /// Handles time-outs, removes expired data and maintains the routing table. Must be called about every 100 ms.
    /// </summary>
    public void Tick()
    {
        _queries.Tick();
        _queryHandler.Tick();
        _maintenance.Tick();
        for (int i = 0; i < _lookups.Count; i++)
            _lookups[i].Tick();
        _lookups.RemoveAll(lookup => lookup.IsDone);
    }

    /// <summary>
    /// Queues a ping to an address at which a DHT node may run, and stores the address for re-bootstraps. The node is
    /// added to the routing table if it responds.
    /// </summary>
    public void AddNode(IPEndPoint endPoint) => AddNode(new NodeAddress(endPoint), isBootstrap: true);

    /// <summary>
    /// Starts a lookup that finds a torrent's peers and optionally announces this client as one of them.
    /// </summary>
    /// <param name="target">The torrent's info hash.</param>
    /// <param name="announcePort">
    /// The TCP port to announce. If it is null and <paramref name="impliedPort"/> is false, nothing is announced.
    /// </param>
    /// <param name="impliedPort">
    /// Whether other nodes should store the UDP source port of the query, which a NAT may have changed, instead of
    /// <paramref name="announcePort"/> (BEP 5, "implied_port").
    /// </param>
    /// <param name="isSeed">Whether this client is a seed (BEP 33).</param>
    /// <param name="found">Called with each batch of new peers. Each peer is reported once.</param>
    /// <param name="done">Called with the outcome when the lookup has ended.</param>
    /// <exception cref="InvalidOperationException">The maximum number of lookups is already running.</exception>
    public DhtLookup FindPeers(
        InfoHash target,
        ushort? announcePort,
        bool impliedPort,
        bool isSeed,
        Action<IReadOnlyList<IPEndPoint>> found,
        Action<LookupOutcome> done)
    {
        PeerAnnounce? announce = announcePort is null && !impliedPort
            ? null
            : new PeerAnnounce(announcePort, impliedPort, isSeed);
        return Start(new PeerLookup(_lookupContext, NodeId.FromInfoHash(target), announce, found, done));
    }

    /// <summary>Starts a lookup that finds the nodes closest to an id.</summary>
    /// <exception cref="InvalidOperationException">The maximum number of lookups is already running.</exception>
    public DhtLookup FindNodes(NodeId target, Action<LookupOutcome> done) =>
        Start(new NodeLookup(_lookupContext, target, done));

    /// <summary>
    /// Starts a lookup that finds an immutable item (BEP 44). Passes the bencoded value to <paramref name="done"/>, or
    /// null if no queried node has the item.
    /// </summary>
    /// <exception cref="InvalidOperationException">The maximum number of lookups is already running.</exception>
    public DhtLookup GetItem(NodeId target, Action<ReadOnlyMemory<byte>?> done) =>
        Start(new ItemLookup(_lookupContext, target, done));

    /// <summary>Starts a lookup that stores an immutable item at the nodes closest to its target (BEP 44).</summary>
    /// <exception cref="ArgumentException">
    /// The value is empty or longer than <see cref="ImmutableItem.MaxLength"/> bytes.
    /// </exception>
    /// <exception cref="InvalidOperationException">The maximum number of lookups is already running.</exception>
    public DhtLookup PutItem(ReadOnlyMemory<byte> bencodedValue, Action<LookupOutcome> done)
    {
        if (bencodedValue.Length is 0 or > ImmutableItem.MaxLength)
            throw new ArgumentException($"An item has 1 to {ImmutableItem.MaxLength} bytes.", nameof(bencodedValue));
        return Start(new ItemPut(_lookupContext, bencodedValue.ToArray(), done));
    }

    /// <summary>Starts a lookup that estimates the numbers of a torrent's seeds and other peers (BEP 33).</summary>
    /// <exception cref="InvalidOperationException">The maximum number of lookups is already running.</exception>
    public DhtLookup Scrape(InfoHash target, Action<DhtScrape> done) =>
        Start(new ScrapeLookup(_lookupContext, NodeId.FromInfoHash(target), done));

    /// <summary>
    /// Pings a node and passes the round-trip time to <paramref name="done"/>. The argument is null if the node sends
    /// no response or too many queries are outstanding.
    /// </summary>
    public void Ping(IPEndPoint node, Action<TimeSpan?> done) => Query(
        node,
        new KrpcMessage { Method = KrpcMethod.Ping },
        (in KrpcMessage _, TimeSpan roundTrip) => done(roundTrip),
        () => done(null));

    /// <summary>
    /// Asks a node for a sample of its stored torrents (BEP 51), and passes the sample to <paramref name="done"/>. The
    /// argument is null if the node sends no response or does not support the method, or if too many queries are
    /// outstanding. The response also names the nodes closest to <paramref name="target"/>.
    /// </summary>
    public void SampleInfoHashes(IPEndPoint node, NodeId target, Action<SampledInfoHashes?> done) => Query(
        node,
        new KrpcMessage { Method = KrpcMethod.SampleInfoHashes, Target = target },
        (in KrpcMessage answer, TimeSpan _) => done(SampledInfoHashes.Parse(answer, _family)),
        () => done(null));

    public byte[] SaveTable() => SavedRoutingTable.Write(_table);

    /// <summary>Adopts the id of a saved routing table and queues pings to its nodes. Ignores malformed data.</summary>
    public void RestoreTable(ReadOnlySpan<byte> saved)
    {
        if (SavedRoutingTable.Read(saved) is not { } table)
            return;
        _table.ChangeId(table.Id);
        foreach (CompactNode node in table.Nodes)
            AddNode(node.Address, isBootstrap: false);
    }

    private void AddNode(NodeAddress node, bool isBootstrap)
    {
        if (node.IsOfFamily(_family))
            _maintenance.Add(node, isBootstrap);
    }

    private void Query(IPEndPoint node, in KrpcMessage message, ResponseHandler answered, Action failed)
    {
        if (_queries.Send(new DirectQuery(_clock, answered, failed), message, new NodeAddress(node), node) == 0)
            failed();
    }

    private DhtLookup Start(DhtLookup lookup) =>
        TryStart(lookup) ? lookup : throw new InvalidOperationException(
            $"The DHT node already runs its maximum of {_settings.MaxLookups} lookups.");

    private bool TryStart(DhtLookup lookup)
    {
        if (_lookups.Count >= _settings.MaxLookups)
            return false;
        _lookups.Add(lookup);
        lookup.Advance();
        return true;
    }

    private void HandleAnswer(in KrpcMessage answer, NodeAddress from)
    {
        if (_queries.Match(answer, from) is not { } query)
            return;
        long now = _clock.Now;
        _amplification.Validate(from, now);
        if (answer is { Kind: KrpcKind.Response, Id: { } id })
            _table.OnResponse(id, from, now);
        else
            _table.Find(from)?.OnResponse(now);
        if (answer.ExternalAddress.Length > 0 && _vote.Add(from, answer.ExternalAddress))
        {
            UpdateId();
            ExternalAddressFound?.Invoke(_vote.Address!.Value.ToEndPoint().Address);
        }

        AddReferredNodes(answer, from);
        query.OnAnswer(answer);
    }

    private void UpdateId()
    {
        if ((_vote.Address ?? _reportedAddress) is not { } address || SecureNodeId.Verify(Id, address))
            return;
        _table.ChangeId(SecureNodeId.Generate(address, _random));
        _maintenance.OnIdChanged();
    }

    /// <summary>
    /// Queues pings to the nodes that a response names. Nodes of the other address family get pings only while the
    /// routing table of that family has fewer than eight entries.
    /// </summary>
    private void AddReferredNodes(in KrpcMessage answer, NodeAddress from)
    {
        foreach (CompactNode node in NodesOf(answer, _family))
        {
            if (from.CanReferTo(node.Address))
                _maintenance.AddReferred(node);
        }

        if (_sibling is not { } sibling || sibling.NodeCount >= DhtNodeSettings.BucketSize)
            return;
        foreach (CompactNode node in NodesOf(answer, sibling._family))
        {
            if (from.CanReferTo(node.Address))
                sibling.AddNode(node.Address, isBootstrap: false);
        }
    }

    /// <summary>Returns the nodes of one address family that a response names, at most the first eight.</summary>
    private static CompactNodes NodesOf(in KrpcMessage answer, AddressFamily family)
    {
        bool isIPv6 = family == AddressFamily.InterNetworkV6;
        ReadOnlySpan<byte> nodes = isIPv6 ? answer.Nodes6 : answer.Nodes;
        int maxLength = DhtNodeSettings.BucketSize * (isIPv6 ? CompactNode.IPv6Length : CompactNode.IPv4Length);
        return new CompactNodes(nodes[..Math.Min(nodes.Length, maxLength)], isIPv6);
    }

    private void HandleQuery(ReadOnlySpan<byte> packet, in KrpcMessage query, NodeAddress from, IPEndPoint endPoint)
    {
        long now = _clock.Now;
        if (!_rateLimiter.Admit(from, now))
        {
            _dropped++;
            return;
        }

        _amplification.OnReceived(from, packet.Length, now);
        if (_queryHandler.HasValidToken(query, from))
            _amplification.Validate(from, now);
        _table.Find(from)?.OnQuery(now);
        Answer(packet, query, from, endPoint, mayHold: true);
    }

    private void AnswerHeld(ReadOnlySpan<byte> packet, IPEndPoint endPoint)
    {
        if (KrpcMessage.TryParse(packet, out KrpcMessage query))
            Answer(packet, query, new NodeAddress(endPoint), endPoint, mayHold: false);
    }

    private void Answer(
        ReadOnlySpan<byte> packet, in KrpcMessage query, NodeAddress from, IPEndPoint endPoint, bool mayHold)
    {
        Span<byte> answer = stackalloc byte[QueryHandler.MaxLength];
        long now = _clock.Now;
        int quota = _amplification.QuotaOf(from, now);
        int length = _queryHandler.Answer(query, from, QueryHandler.MaxLength, answer);
        if (length > quota)
        {
            // A read-only node does not answer pings and should not be in routing tables (BEP 43).
            if (mayHold && !query.IsReadOnly && _validator.TryHold(packet, from, endPoint))
                return;
            length = _queryHandler.Answer(query, from, quota, answer);
        }

        if (length == 0)
        {
            _dropped++;
            return;
        }

        _amplification.OnSent(from, length, now);
        _rateLimiter.OnAnswerSent(length);
        _sender.Send(answer[..length], endPoint);
        if (mayHold && query is { IsReadOnly: false, Id: { } id } && _table.CanAdd(id, from))
            _validator.Ping(from, endPoint);
    }
}
