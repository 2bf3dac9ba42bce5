using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Engine.Dht.Stores;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// A node of the DHT for one address family (BEP 5, 32) without a socket or a clock of its own: packets and time come in, packets go out. Not
/// thread-safe: who owns it lets one call in at a time. Callbacks run inside <see cref="Receive"/> and <see cref="Tick"/>, or inside the
/// call that cancels.
/// </summary>
internal sealed class DhtNode
{
    private readonly DhtNodeSettings _settings;
    private readonly AddressFamily _family;
    private readonly DhtClock _clock;
    private readonly CountingPacketSender _output;
    private readonly RoutingTable _table;
    private readonly OutgoingQueries _queries;
    private readonly QueryHandler _answerer;
    private readonly AmplificationLimiter _ledger;
    private readonly QueryRateLimiter _rates;
    private readonly AddressValidator _newcomers;
    private readonly RoutingTableMaintenance _care;
    private readonly ExternalAddressVote _vote;
    private readonly LookupContext _tools;
    private readonly Random _random;
    private readonly List<DhtLookup> _lookups = [];
    private long _bytesReceived;
    private long _messagesReceived;
    private long _dropped;
    private DhtNode? _sibling;

    /// <param name="settings">How it behaves.</param>
    /// <param name="family">IPv4 or IPv6; packets of the other are ignored.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The randomness; <see cref="SecureRandom"/> where others are real.</param>
    /// <param name="output">Where packets go.</param>
    public DhtNode(DhtNodeSettings settings, AddressFamily family, TimeProvider time, Random random, IPacketSender output)
    {
        _settings = settings;
        _family = family;
        _random = random;
        _clock = new DhtClock(time);
        _output = new CountingPacketSender(output);
        _table = new RoutingTable(settings.Id ?? NodeId.Random(random));
        _queries = new OutgoingQueries(settings, _clock, random, _output, _table);
        _answerer = new QueryHandler(settings, _clock, random, _table);
        _ledger = new AmplificationLimiter(random);
        _rates = new QueryRateLimiter(settings, random);
        _newcomers = new AddressValidator(_clock, _queries, _ledger, AnswerHeld);
        _tools = new LookupContext(settings, _clock, _table, _queries);
        _care = new RoutingTableMaintenance(_clock, random, _table, _queries, target => TryStart(new NodeLookup(_tools, target, null)));
        _vote = new ExternalAddressVote(family);
    }

    /// <summary>Its id; it changes when it does not fit the address by which others see us (BEP 42).</summary>
    public NodeId Id => _table.OwnId;

    /// <summary>How many nodes it knows.</summary>
    public int NodeCount => _table.Count;

    /// <summary>Queries under way.</summary>
    public int QueriesUnderWay => _queries.Count;

    /// <summary>Lookups under way.</summary>
    public int LookupsUnderWay => _lookups.Count;

    /// <summary>What others see of it.</summary>
    public DhtNodeStatus Status => RoutingTableStatus.Of(_table, _clock.Now) with
    {
        Family = _family,
        ExternalAddress = _vote.Address?.ToEndPoint().Address,
        Lookups = _lookups.Count,
        BytesReceived = _bytesReceived,
        BytesSent = _output.BytesSent,
        MessagesReceived = _messagesReceived,
        MessagesSent = _output.MessagesSent,
        Dropped = _dropped,
        StoredTorrents = _answerer.Peers.TorrentCount,
        StoredPeers = _answerer.Peers.PeerCount,
        StoredItems = _answerer.Items.Count,
    };

    /// <summary>Joins the nodes of both families: each names the other's nodes to those who ask for them, and hands over those it hears of (BEP 32).</summary>
    public void Join(DhtNode sibling)
    {
        (_sibling, sibling._sibling) = (sibling, this);
        (_answerer.OtherTable, sibling._answerer.OtherTable) = (sibling._table, _table);
    }

    /// <summary>A packet came.</summary>
    /// <param name="packet">Read during the call only.</param>
    /// <param name="from">Where it came from, or says so.</param>
    public void Receive(ReadOnlySpan<byte> packet, IPEndPoint from)
    {
        _bytesReceived += packet.Length;
        _messagesReceived++;
        var address = new NodeAddress(from);
        if (!address.Is(_family) || !address.IsUsable || !KrpcMessage.TryParse(packet, out KrpcMessage message))
            return;
        if (message.Kind != KrpcKind.Query)
            ReceiveAnswer(message, address);
        else if (!_settings.IsReadOnly)
            ReceiveQuery(packet, message, address, from);
    }

    /// <summary>Time passed; to be called about every 100 ms.</summary>
    public void Tick()
    {
        _queries.Tick();
        _answerer.Tick();
        _care.Tick();
        for (int i = 0; i < _lookups.Count; i++)
            _lookups[i].Tick();
        _lookups.RemoveAll(lookup => lookup.IsDone);
    }

    /// <summary>Somebody says that there is a node: it is pinged, and kept when it answers.</summary>
    public void AddNode(IPEndPoint endPoint) => AddNode(new NodeAddress(endPoint), isEntrance: true);

    /// <summary>Finds a torrent's peers, and may announce us as one of them.</summary>
    /// <param name="target">The torrent.</param>
    /// <param name="announcePort">The TCP port that we listen on; null not to announce, unless <paramref name="impliedPort"/> is set.</param>
    /// <param name="impliedPort">Whether our peers' port is this node's UDP port, as a NAT maps it.</param>
    /// <param name="isSeed">Whether we have everything.</param>
    /// <param name="found">Told of peers not told of before, as they are found.</param>
    /// <param name="done">Told at the end.</param>
    /// <exception cref="InvalidOperationException">Too many lookups are under way.</exception>
    public DhtLookup FindPeers(
        InfoHash target, ushort? announcePort, bool impliedPort, bool isSeed, Action<IReadOnlyList<IPEndPoint>> found, Action<LookupOutcome> done)
    {
        PeerAnnounce? announce = announcePort is null && !impliedPort ? null : new PeerAnnounce(announcePort, impliedPort, isSeed);
        return Start(new PeerLookup(_tools, NodeId.Of(target), announce, found, done));
    }

    /// <summary>Finds the nodes nearest to a point.</summary>
    /// <exception cref="InvalidOperationException">Too many lookups are under way.</exception>
    public DhtLookup FindNodes(NodeId target, Action<LookupOutcome> done) => Start(new NodeLookup(_tools, target, done));

    /// <summary>Finds an immutable item; null when nobody has it (BEP 44).</summary>
    /// <exception cref="InvalidOperationException">Too many lookups are under way.</exception>
    public DhtLookup GetItem(NodeId target, Action<ReadOnlyMemory<byte>?> done) => Start(new ItemLookup(_tools, target, done));

    /// <summary>Puts an immutable item (BEP 44).</summary>
    /// <exception cref="ArgumentException">The value is empty or longer than <see cref="ImmutableItem.MaxLength"/> bytes.</exception>
    /// <exception cref="InvalidOperationException">Too many lookups are under way.</exception>
    public DhtLookup PutItem(ReadOnlyMemory<byte> bencodedValue, Action<LookupOutcome> done)
    {
        if (bencodedValue.Length is 0 or > ImmutableItem.MaxLength)
            throw new ArgumentException($"An item has 1 to {ImmutableItem.MaxLength} bytes.", nameof(bencodedValue));
        return Start(new ItemPut(_tools, bencodedValue.ToArray(), done));
    }

    /// <summary>Counts a torrent's peers, roughly (BEP 33).</summary>
    /// <exception cref="InvalidOperationException">Too many lookups are under way.</exception>
    public DhtLookup Scrape(InfoHash target, Action<DhtScrape> done) => Start(new ScrapeLookup(_tools, NodeId.Of(target), done));

    /// <summary>Asks one node whether it is there.</summary>
    /// <param name="node">The node.</param>
    /// <param name="done">Told the round trip; null when no answer came.</param>
    public void Ping(IPEndPoint node, Action<TimeSpan?> done) => Ask(
        node, new KrpcMessage { Method = KrpcMethod.Ping }, (in KrpcMessage _, TimeSpan roundTrip) => done(roundTrip), () => done(null));

    /// <summary>Asks one node for a sample of its torrents (BEP 51).</summary>
    /// <param name="node">The node.</param>
    /// <param name="target">Near which point it shall name nodes.</param>
    /// <param name="done">Told the sample; null when no answer came or the node does not know the query.</param>
    public void SampleInfoHashes(IPEndPoint node, NodeId target, Action<SampledInfoHashes?> done) => Ask(
        node,
        new KrpcMessage { Method = KrpcMethod.SampleInfoHashes, Target = target },
        (in KrpcMessage answer, TimeSpan _) => done(SampledInfoHashes.Of(answer, _family)),
        () => done(null));

    /// <summary>The table as bytes for the next start.</summary>
    public byte[] SaveTable() => SavedRoutingTable.Write(_table);

    /// <summary>Begins with a saved table: takes its id, and pings its nodes. What can't be read is ignored.</summary>
    public void RestoreTable(ReadOnlySpan<byte> saved)
    {
        if (SavedRoutingTable.Read(saved) is not { } table)
            return;
        _table.Rebase(table.Id);
        foreach (CompactNode node in table.Nodes)
            AddNode(node.Address, isEntrance: false);
    }

    private void AddNode(NodeAddress node, bool isEntrance)
    {
        if (node.Is(_family))
            _care.Add(node, isEntrance);
    }

    private void Ask(IPEndPoint node, in KrpcMessage message, AnswerHandler answered, Action failed)
    {
        if (_queries.Send(new DirectQuery(_clock, answered, failed), message, new NodeAddress(node), node) == 0)
            failed();
    }

    private DhtLookup Start(DhtLookup lookup) =>
        TryStart(lookup) ? lookup : throw new InvalidOperationException($"{_settings.MaxLookups} DHT lookups are under way already.");

    private bool TryStart(DhtLookup lookup)
    {
        if (_lookups.Count >= _settings.MaxLookups)
            return false;
        _lookups.Add(lookup);
        lookup.Advance();
        return true;
    }

    private void ReceiveAnswer(in KrpcMessage answer, NodeAddress from)
    {
        if (_queries.Match(answer, from) is not { } query)
            return;
        long now = _clock.Now;
        _ledger.Prove(from, now);
        if (answer is { Kind: KrpcKind.Response, Id: { } id })
            _table.Answered(id, from, now);
        else
            _table.Find(from)?.Answered(now);
        if (answer.ExternalAddress.Length > 0 && _vote.Add(from, answer.ExternalAddress))
            FitIdToAddress();
        TakeNamed(answer, from);
        query.Answered(answer);
    }

    private void FitIdToAddress()
    {
        if (_vote.Address is not { } address || SecureNodeId.Verify(Id, address))
            return;
        _table.Rebase(SecureNodeId.Generate(address, _random));
        _care.IdChanged();
    }

    /// <summary>Takes note of the nodes that an answer names; those of the other family are the sibling's, as long as it knows few.</summary>
    private void TakeNamed(in KrpcMessage answer, NodeAddress from)
    {
        foreach (CompactNode node in Named(answer, _family))
        {
            if (from.MayName(node.Address))
                _care.Named(node);
        }

        if (_sibling is not { } sibling || sibling.NodeCount >= DhtNodeSettings.BucketSize)
            return;
        foreach (CompactNode node in Named(answer, sibling._family))
        {
            if (from.MayName(node.Address))
                sibling.AddNode(node.Address, isEntrance: false);
        }
    }

    /// <summary>The nodes of a family that an answer names, as many as we would name.</summary>
    private static CompactNodes Named(in KrpcMessage answer, AddressFamily family)
    {
        bool isIPv6 = family == AddressFamily.InterNetworkV6;
        ReadOnlySpan<byte> nodes = isIPv6 ? answer.Nodes6 : answer.Nodes;
        int most = DhtNodeSettings.BucketSize * (isIPv6 ? CompactNode.IPv6Length : CompactNode.IPv4Length);
        return new CompactNodes(nodes[..Math.Min(nodes.Length, most)], isIPv6);
    }

    private void ReceiveQuery(ReadOnlySpan<byte> packet, in KrpcMessage query, NodeAddress from, IPEndPoint endPoint)
    {
        long now = _clock.Now;
        if (!_rates.Admit(from, now))
        {
            _dropped++;
            return;
        }

        _ledger.Credit(from, packet.Length, now);
        if (_answerer.HasToken(query, from))
            _ledger.Prove(from, now);
        _table.Find(from)?.Asked(now);
        Answer(packet, query, from, endPoint, mayHold: true);
    }

    private void AnswerHeld(ReadOnlySpan<byte> packet, IPEndPoint endPoint)
    {
        if (KrpcMessage.TryParse(packet, out KrpcMessage query))
            Answer(packet, query, new NodeAddress(endPoint), endPoint, mayHold: false);
    }

    private void Answer(ReadOnlySpan<byte> packet, in KrpcMessage query, NodeAddress from, IPEndPoint endPoint, bool mayHold)
    {
        Span<byte> answer = stackalloc byte[QueryHandler.MaxLength];
        long now = _clock.Now;
        int budget = _ledger.BudgetOf(from, now);
        int length = _answerer.Answer(query, from, QueryHandler.MaxLength, answer);
        if (length > budget)
        {
            // A read-only node answers no ping and wants to be in no table (BEP 43).
            if (mayHold && !query.IsReadOnly && _newcomers.TryHold(packet, from, endPoint))
                return;
            length = _answerer.Answer(query, from, budget, answer);
        }

        if (length == 0)
        {
            _dropped++;
            return;
        }

        _ledger.Charge(from, length, now);
        _rates.Spend(length);
        _output.Send(answer[..length], endPoint);
        if (mayHold && query is { IsReadOnly: false, Id: { } id } && _table.Wants(id, from))
            _newcomers.Greet(from, endPoint);
    }
}
