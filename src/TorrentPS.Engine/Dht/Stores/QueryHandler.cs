using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>
/// Answers the queries of other nodes. Stores the peers that they announce and the items that they put. Answering
/// <c>ping</c>, <c>find_node</c>, <c>get</c> and <c>get_peers</c> (without <c>scrape</c>) allocates no memory.
/// </summary>
internal sealed class QueryHandler(DhtNodeSettings settings, DhtClock clock, Random random, RoutingTable table)
{
    /// <summary>
    /// Maximum length of an answer in bytes. With IPv6 and UDP headers, the packet then has 1,280 bytes, the minimum
    /// MTU of IPv6.
    /// </summary>
    public const int MaxLength = 1232;

    /// <summary>
    /// Maximum length of the peers in a response, in bytes. It is enough for 100 IPv4 peers and leaves space for eight
    /// nodes of one address family.
    /// </summary>
    private const int MaxValuesLength = 800;

    /// <summary>
    /// Maximum number of bytes for the key and the length prefix of <c>nodes</c>, <c>nodes6</c> or <c>values</c> in a
    /// response.
    /// </summary>
    private const int ListOverhead = 12;

    private const int MaxNodes = DhtNodeSettings.BucketSize;

    private readonly NodeEntry[] _nearest = new NodeEntry[MaxNodes];
    private readonly WriteTokens _tokens = new(random);
    private readonly PeerStore _peers = new(settings);
    private readonly ItemStore _items = new(settings);
    private readonly InfoHashSample _sample = new(settings, random);

    public PeerStore Peers => _peers;

    public ItemStore Items => _items;

    /// <summary>
    /// The routing table of this client's node of the other address family, or null. Responses to queries with
    /// <c>want</c> (BEP 32) name nodes from this table.
    /// </summary>
    public RoutingTable? OtherTable { get; set; }

    /// <summary>
    /// Whether a query has a valid write token, which this node sent to the query's source address. The source address
    /// is then not forged.
    /// </summary>
    public bool HasValidToken(in KrpcMessage query, NodeAddress from) =>
        query.Token.Length > 0 && _tokens.IsValid(from.Host, query.Token);

    public void Tick()
    {
        long now = clock.Now;
        _tokens.Tick(now);
        _peers.Tick(now);
        _items.Tick(now);
    }

    /// <summary>
    /// Carries out a query and writes the answer to <paramref name="packet"/>: a response or an error message of at
    /// most <paramref name="limit"/> bytes. Lists of nodes and peers are shortened to fit.
    /// </summary>
    /// <returns>
    /// The length of the answer in bytes, or 0 if the answer does not fit even without nodes and peers.
    /// </returns>
    public int Answer(in KrpcMessage query, NodeAddress from, int limit, Span<byte> packet)
    {
        packet = packet[..Math.Min(limit, MaxLength)];
        if (query.Id is null)
            return WriteError(query, KrpcError.Protocol, "No id"u8, packet);
        return query.Method switch
        {
            KrpcMethod.AnnouncePeer => Announce(query, from, packet),
            KrpcMethod.Put => Put(query, from, packet),
            KrpcMethod.Ping => WriteResponse(query, from, default, packet),
            _ when query.Target is not null => Find(query, from, packet),
            KrpcMethod.Unknown => WriteError(query, KrpcError.MethodUnknown, "Unknown method"u8, packet),
            _ => WriteError(query, KrpcError.Protocol, "No target"u8, packet),
        };
    }

    private static int WriteError(in KrpcMessage query, KrpcError error, ReadOnlySpan<byte> text, Span<byte> packet)
    {
        var message = new KrpcMessage
        {
            Kind = KrpcKind.Error,
            TransactionId = query.TransactionId,
            ErrorCode = error,
            ErrorText = text,
        };
        return message.Write(packet);
    }

    private int Announce(in KrpcMessage query, NodeAddress from, Span<byte> packet)
    {
        if (!HasValidToken(query, from))
            return WriteError(query, KrpcError.Protocol, "Bad token"u8, packet);
        ushort? port = query.ImpliedPort ? from.Port : query.Port;
        if (query.Target is not { } torrent || port is null)
            return WriteError(query, KrpcError.Protocol, "No info_hash or port"u8, packet);
        _peers.Add(torrent, from.WithPort(port.Value), query.IsSeed, clock.Now);
        return WriteResponse(query, from, default, packet);
    }

    private int Put(in KrpcMessage query, NodeAddress from, Span<byte> packet)
    {
        if (!HasValidToken(query, from))
            return WriteError(query, KrpcError.Protocol, "Bad token"u8, packet);
        if (query.IsMutable)
            return WriteError(query, KrpcError.MethodUnknown, "Immutable items only"u8, packet);
        if (query.Value.IsEmpty)
            return WriteError(query, KrpcError.Protocol, "No value"u8, packet);
        if (query.Value.Length > ImmutableItem.MaxLength)
            return WriteError(query, KrpcError.TooBig, "Too big"u8, packet);
        _items.Add(query.Value, clock.Now);
        return WriteResponse(query, from, default, packet);
    }

    private int Find(in KrpcMessage query, NodeAddress from, Span<byte> packet)
    {
        Span<byte> token = stackalloc byte[WriteTokens.Length];
        Span<byte> nodes = stackalloc byte[MaxNodes * CompactNode.IPv4Length];
        Span<byte> nodes6 = stackalloc byte[MaxNodes * CompactNode.IPv6Length];
        Span<byte> values = stackalloc byte[MaxValuesLength + 2];
        NodeId target = query.Target!.Value;
        scoped KrpcMessage response = default;
        StoredPeers? peers = null;
        if (query.Method is KrpcMethod.GetPeers or KrpcMethod.Get)
        {
            _tokens.Write(from.Host, token);
            ReadOnlySpan<byte> value = query.Method == KrpcMethod.Get ? _items.Find(target) : default;
            response = new KrpcMessage { Token = token, Value = value };
            peers = query.Method == KrpcMethod.GetPeers ? _peers.Find(target) : null;
        }
        else if (query.Method == KrpcMethod.SampleInfoHashes)
        {
            response = _sample.CreateResponse(_peers, clock.Now);
        }

        // Bloom filters replace the peers. An answer with a reduced limit has no space for them.
        if (query.Scrape && peers is not null && packet.Length == MaxLength)
        {
            (PeerBloomFilter seeds, PeerBloomFilter others) = FiltersOf(peers);
            response = new KrpcMessage { Token = token, SeedFilter = seeds.Bytes, PeerFilter = others.Bytes };
            peers = null;
        }

        // The lists share the bytes that the response without them leaves.
        int remaining = packet.Length - WriteResponse(query, from, response, packet);
        if (remaining == packet.Length)
            return 0;
        ReadOnlySpan<byte> list = peers is null ? default : WriteValues(peers, query.NoSeed, values, ref remaining);
        (bool wants4, bool wants6) = WantedFamilies(query, from);
        int length4 = wants4 ? WriteNodes(target, from, isIPv4: true, nodes, ref remaining) : 0;
        int length6 = wants6 ? WriteNodes(target, from, isIPv4: false, nodes6, ref remaining) : 0;
        return WriteResponse(
            query,
            from,
            new KrpcMessage
            {
                Token = response.Token,
                Value = response.Value,
                Samples = response.Samples,
                HasSamples = response.HasSamples,
                Interval = response.Interval,
                Count = response.Count,
                SeedFilter = response.SeedFilter,
                PeerFilter = response.PeerFilter,
                Values = list,
                Nodes = nodes[..length4],
                Nodes6 = nodes6[..length6],
            },
            packet);
    }

    private static (PeerBloomFilter Seeds, PeerBloomFilter Others) FiltersOf(StoredPeers peers)
    {
        var seeds = new PeerBloomFilter();
        var others = new PeerBloomFilter();
        foreach (StoredPeer peer in peers.All)
            (peer.IsSeed ? seeds : others).Add(peer.Address);
        return (seeds, others);
    }

    /// <summary>
    /// Writes a response. If the buffer is shorter than <see cref="MaxLength"/>, the version and the source's address
    /// (BEP 42, <c>ip</c>) are left out, so that more nodes and peers fit. A response to a ping still contains the
    /// address if it fits.
    /// </summary>
    private int WriteResponse(in KrpcMessage query, NodeAddress from, in KrpcMessage content, Span<byte> packet)
    {
        Span<byte> external = stackalloc byte[NodeAddress.IPv6Length];
        external = external[..from.Write(external)];
        bool isLimited = packet.Length < MaxLength;
        bool omitsAddress = isLimited && query.Method != KrpcMethod.Ping;
        ReadOnlySpan<byte> version = isLimited ? default : CountingPacketSender.Version;
        int length = omitsAddress ? 0 : Complete(query, content, external, version).Write(packet);
        return length > 0 ? length : Complete(query, content, default, default).Write(packet);
    }

    private KrpcMessage Complete(
        in KrpcMessage query, in KrpcMessage content, ReadOnlySpan<byte> external, ReadOnlySpan<byte> version) => new()
        {
            Kind = KrpcKind.Response,
            TransactionId = query.TransactionId,
            Version = version,
            ExternalAddress = external,
            Id = table.OwnId,
            Token = content.Token,
            Nodes = content.Nodes,
            Nodes6 = content.Nodes6,
            Values = content.Values,
            Value = content.Value,
            Samples = content.Samples,
            HasSamples = content.HasSamples,
            Interval = content.Interval,
            Count = content.Count,
            SeedFilter = content.SeedFilter,
            PeerFilter = content.PeerFilter,
        };

    private static (bool IPv4, bool IPv6) WantedFamilies(in KrpcMessage query, NodeAddress from) =>
        query.Want == WantedNodes.Unspecified
            ? (from.IsIPv4, !from.IsIPv4)
            : (query.Want.HasFlag(WantedNodes.IPv4), query.Want.HasFlag(WantedNodes.IPv6));

    /// <summary>
    /// Writes as many of a torrent's peers as fit in the response, and subtracts their length in bytes from
    /// <paramref name="remaining"/>. Starts with a random peer, so that all peers are returned equally often.
    /// </summary>
    private ReadOnlySpan<byte> WriteValues(StoredPeers peers, bool noSeeds, Span<byte> values, ref int remaining)
    {
        ReadOnlySpan<StoredPeer> all = peers.All;
        int end = Math.Min(values.Length, remaining - ListOverhead) - 1;
        int at = 1;
        int first = random.Next(all.Length);
        for (int i = 0; i < all.Length; i++)
        {
            ref readonly StoredPeer peer = ref all[(first + i) % all.Length];
            if (noSeeds && peer.IsSeed)
                continue;
            if (at + PeerValues.LengthOf(peer.Address) > end)
                break;
            at += PeerValues.Write(peer.Address, values[at..]);
        }

        if (at == 1)
            return default;
        values[0] = (byte)'l';
        values[at++] = (byte)'e';
        remaining -= at + ListOverhead;
        return values[..at];
    }

    private int WriteNodes(NodeId target, NodeAddress from, bool isIPv4, Span<byte> nodes, ref int remaining)
    {
        RoutingTable? source = isIPv4 == from.IsIPv4 ? table : OtherTable;
        int stride = isIPv4 ? CompactNode.IPv4Length : CompactNode.IPv6Length;
        int count = source?.FindNearest(target, _nearest) ?? 0;
        count = Math.Clamp((remaining - ListOverhead) / stride, 0, count);
        for (int i = 0; i < count; i++)
            _nearest[i].Node.Write(nodes[(i * stride)..]);
        if (count > 0)
            remaining -= (count * stride) + ListOverhead;
        return count * stride;
    }
}
