using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>Composes the answers to others' queries and keeps what they announce and put. Allocates nothing for a query that only reads.</summary>
internal sealed class QueryHandler(DhtNodeSettings settings, DhtClock clock, Random random, RoutingTable table)
{
    /// <summary>The longest answer in bytes: it passes an IPv6 path of the smallest MTU (1,280) unfragmented.</summary>
    public const int MaxLength = 1232;

    /// <summary>The room for peers in an answer, in bytes: a hundred IPv4 peers, beside eight nodes of either family.</summary>
    private const int MaxValuesLength = 800;

    /// <summary>What the key and the length of a list of nodes, or of values, take at most in bytes.</summary>
    private const int ListOverhead = 12;

    private const int MaxNodes = DhtNodeSettings.BucketSize;

    private readonly NodeEntry[] _nearest = new NodeEntry[MaxNodes];
    private readonly WriteTokens _tokens = new(random);
    private readonly PeerStore _peers = new(settings);
    private readonly ItemStore _items = new(settings);
    private readonly InfoHashSample _sample = new(settings, random);

    public PeerStore Peers => _peers;

    public ItemStore Items => _items;

    /// <summary>The table of our node of the other family, for those who want its nodes (BEP 32).</summary>
    public RoutingTable? OtherTable { get; set; }

    /// <summary>Whether the sender presents a token of ours, and so received an answer at its address.</summary>
    public bool HasToken(in KrpcMessage query, NodeAddress from) => query.Token.Length > 0 && _tokens.IsValid(from.Host, query.Token);

    public void Tick()
    {
        long now = clock.Now;
        _tokens.Tick(now);
        _peers.Tick(now);
        _items.Tick(now);
    }

    /// <summary>Does what a query asks for and composes the answer.</summary>
    /// <param name="query">The query.</param>
    /// <param name="from">Who asks.</param>
    /// <param name="limit">The most bytes the answer may have; lists are cut down to it.</param>
    /// <param name="packet">Where the answer is put.</param>
    /// <returns>The answer's length; 0 when it can't be cut down so far.</returns>
    public int Answer(in KrpcMessage query, NodeAddress from, int limit, Span<byte> packet)
    {
        packet = packet[..Math.Min(limit, MaxLength)];
        if (query.Id is null)
            return Refuse(query, KrpcError.Protocol, "No id"u8, packet);
        return query.Method switch
        {
            KrpcMethod.AnnouncePeer => Announce(query, from, packet),
            KrpcMethod.Put => Put(query, from, packet),
            KrpcMethod.Ping => Reply(query, from, default, packet),
            _ when query.Target is not null => Find(query, from, packet),
            KrpcMethod.Unknown => Refuse(query, KrpcError.MethodUnknown, "Unknown method"u8, packet),
            _ => Refuse(query, KrpcError.Protocol, "No target"u8, packet),
        };
    }

    private static int Refuse(in KrpcMessage query, KrpcError error, ReadOnlySpan<byte> text, Span<byte> packet) => new KrpcMessage
    {
        Kind = KrpcKind.Error,
        TransactionId = query.TransactionId,
        ErrorCode = error,
        ErrorText = text,
    }.Write(packet);

    private int Announce(in KrpcMessage query, NodeAddress from, Span<byte> packet)
    {
        if (!HasToken(query, from))
            return Refuse(query, KrpcError.Protocol, "Bad token"u8, packet);
        ushort? port = query.ImpliedPort ? from.Port : query.Port;
        if (query.Target is not { } torrent || port is null)
            return Refuse(query, KrpcError.Protocol, "No info_hash or port"u8, packet);
        _peers.Add(torrent, from.WithPort(port.Value), query.IsSeed, clock.Now);
        return Reply(query, from, default, packet);
    }

    private int Put(in KrpcMessage query, NodeAddress from, Span<byte> packet)
    {
        if (!HasToken(query, from))
            return Refuse(query, KrpcError.Protocol, "Bad token"u8, packet);
        if (query.IsMutable)
            return Refuse(query, KrpcError.MethodUnknown, "Immutable items only"u8, packet);
        if (query.Value.IsEmpty)
            return Refuse(query, KrpcError.Protocol, "No value"u8, packet);
        if (query.Value.Length > ImmutableItem.MaxLength)
            return Refuse(query, KrpcError.TooBig, "Too big"u8, packet);
        _items.Add(query.Value, clock.Now);
        return Reply(query, from, default, packet);
    }

    private int Find(in KrpcMessage query, NodeAddress from, Span<byte> packet)
    {
        Span<byte> token = stackalloc byte[WriteTokens.Length];
        Span<byte> nodes = stackalloc byte[MaxNodes * CompactNode.IPv4Length];
        Span<byte> nodes6 = stackalloc byte[MaxNodes * CompactNode.IPv6Length];
        Span<byte> values = stackalloc byte[MaxValuesLength + 2];
        NodeId target = query.Target!.Value;
        scoped KrpcMessage reply = default;
        StoredPeers? peers = null;
        if (query.Method is KrpcMethod.GetPeers or KrpcMethod.Get)
        {
            _tokens.Write(from.Host, token);
            reply = new KrpcMessage { Token = token, Value = query.Method == KrpcMethod.Get ? _items.Find(target) : default };
            peers = query.Method == KrpcMethod.GetPeers ? _peers.Find(target) : null;
        }
        else if (query.Method == KrpcMethod.SampleInfoHashes)
        {
            reply = _sample.Fill(_peers, clock.Now);
        }

        // Filters are in the place of peers; a short answer has room for neither filter.
        if (query.Scrape && peers is not null && packet.Length == MaxLength)
        {
            (PeerBloomFilter seeds, PeerBloomFilter others) = FiltersOf(peers);
            reply = new KrpcMessage { Token = token, SeedFilter = seeds.Bytes, PeerFilter = others.Bytes };
            peers = null;
        }

        // What a list may take is what the answer without any list leaves.
        int room = packet.Length - Reply(query, from, reply, packet);
        if (room == packet.Length)
            return 0;
        ReadOnlySpan<byte> list = peers is null ? default : WriteValues(peers, query.NoSeed, values, ref room);
        (bool wants4, bool wants6) = WantedFamilies(query, from);
        int length4 = wants4 ? WriteNodes(target, from, isIPv4: true, nodes, ref room) : 0;
        int length6 = wants6 ? WriteNodes(target, from, isIPv4: false, nodes6, ref room) : 0;
        return Reply(
            query,
            from,
            new KrpcMessage
            {
                Token = reply.Token,
                Value = reply.Value,
                Samples = reply.Samples,
                HasSamples = reply.HasSamples,
                Interval = reply.Interval,
                Count = reply.Count,
                SeedFilter = reply.SeedFilter,
                PeerFilter = reply.PeerFilter,
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

    /// <summary>Completes an answer; its receiver's address and our version are left out where room is short: nodes and peers are worth more.</summary>
    private int Reply(in KrpcMessage query, NodeAddress from, in KrpcMessage content, Span<byte> packet)
    {
        Span<byte> external = stackalloc byte[NodeAddress.IPv6Length];
        external = external[..from.Write(external)];
        bool isShort = packet.Length < MaxLength;
        bool isBare = isShort && query.Method != KrpcMethod.Ping;
        int length = isBare ? 0 : Complete(query, content, external, isShort ? default : CountingPacketSender.Version).Write(packet);
        return length > 0 ? length : Complete(query, content, default, default).Write(packet);
    }

    private KrpcMessage Complete(in KrpcMessage query, in KrpcMessage content, ReadOnlySpan<byte> external, ReadOnlySpan<byte> version) => new()
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

    private static (bool IPv4, bool IPv6) WantedFamilies(in KrpcMessage query, NodeAddress from) => query.Want == WantedNodes.Unspecified
        ? (from.IsIPv4, !from.IsIPv4)
        : (query.Want.HasFlag(WantedNodes.IPv4), query.Want.HasFlag(WantedNodes.IPv6));

    /// <summary>Some of a torrent's peers: a run from anywhere, so that all are named as often.</summary>
    private ReadOnlySpan<byte> WriteValues(StoredPeers peers, bool noSeeds, Span<byte> values, ref int room)
    {
        ReadOnlySpan<StoredPeer> all = peers.All;
        int end = Math.Min(values.Length, room - ListOverhead) - 1;
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
        room -= at + ListOverhead;
        return values[..at];
    }

    private int WriteNodes(NodeId target, NodeAddress from, bool isIPv4, Span<byte> nodes, ref int room)
    {
        RoutingTable? source = isIPv4 == from.IsIPv4 ? table : OtherTable;
        int stride = isIPv4 ? CompactNode.IPv4Length : CompactNode.IPv6Length;
        int count = source?.FindNearest(target, _nearest) ?? 0;
        count = Math.Clamp((room - ListOverhead) / stride, 0, count);
        for (int i = 0; i < count; i++)
            _nearest[i].Node.Write(nodes[(i * stride)..]);
        if (count > 0)
            room -= (count * stride) + ListOverhead;
        return count * stride;
    }
}
