using System.Net;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Dht;

/// <summary>Runs the tests without others in parallel, whose allocations would be counted too.</summary>
[CollectionDefinition(nameof(DhtMemoryTests), DisableParallelization = true)]
public sealed class DhtMemoryTestsDefinition;

/// <summary>Measures the memory of a node whose stores are full.</summary>
[Collection(nameof(DhtMemoryTests))]
public sealed class DhtMemoryTests
{
    private const int Nodes = 4, Known = 400, UnknownHosts = 3000, HeldQueries = 500, Lookups = 8;

    [Fact]
    public void A_node_with_full_stores_uses_less_than_one_mebibyte()
    {
        // Allocates what all nodes share, so that it is not counted.
        CreateFullNode(new Random(0));
        long before = GC.GetTotalMemory(forceFullCollection: true);

        DhtNode[] nodes = [.. Enumerable.Range(1, Nodes).Select(seed => CreateFullNode(new Random(seed)))];

        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Nodes;
        GC.KeepAlive(nodes);

        // The items alone take 200 KB. A tenth of the mebibyte is left for the node's own lookups.
        Assert.InRange(each, 200_000, (1 << 20) * 9 / 10);
    }

    private static DhtNode CreateFullNode(Random random)
    {
        var limits = new DhtNodeSettings();
        var output = new LastPacketSender();
        var time = new Trackers.FakeTime();

        // Lifts the rate limits, so that the test runs quickly.
        var node = new DhtNode(
            limits with { QueriesPerSource = 1_000_000, AnswerRate = int.MaxValue },
            System.Net.Sockets.AddressFamily.InterNetwork,
            time,
            random,
            output);
        var known = new List<Peer>();
        for (int i = 0; known.Count < Known; i++)
        {
            var peer = new Peer(
                node,
                output,
                DhtNodeHarness.Host(i),
                SecureNodeId.Generate(new NodeAddress(DhtNodeHarness.Host(i)), random));
            node.AddNode(peer.At);
            time.Advance(TimeSpan.FromMilliseconds(100));
            node.Tick();
            peer.Answer();
            if (peer.GetToken())
                known.Add(peer);
        }

        byte[] value = new byte[ImmutableItem.MaxLength];
        "996:"u8.CopyTo(value);
        for (int i = 0; i < limits.MaxItems; i++)
        {
            random.NextBytes(value.AsSpan(4));
            known[i % Known].Query(KrpcMethod.Put, null, value: value);
        }

        for (int i = 0; i < limits.MaxPeers; i++)
        {
            byte[] torrent = new byte[NodeId.Length];
            BitConverter.TryWriteBytes(torrent, (i % limits.MaxTorrents) * 0x9e3779b9u);
            known[(i / limits.MaxTorrents * 31 + i) % Known].Query(
                KrpcMethod.AnnouncePeer, new NodeId(torrent), port: 6881);
        }

        known[0].Query(KrpcMethod.SampleInfoHashes, known[0].Id);
        for (int i = 0; i < UnknownHosts; i++)
            new Peer(node, output, DhtNodeHarness.Host(5000 + i), NodeId.Random(random)).Query(KrpcMethod.Ping, null);
        for (int i = 0; i < HeldQueries; i++)
            new Peer(
                node,
                output,
                DhtNodeHarness.Host(10_000 + (i / 2)),
                NodeId.Random(random)).Query(KrpcMethod.GetPeers, known[0].Id);
        for (int i = 0; i < Lookups; i++)
            node.FindPeers(new InfoHash(RandomBytes(random)), 6881, false, false, _ => { }, _ => { });
        DhtNodeStatus status = node.Status;
        Assert.Equal(
            (limits.MaxTorrents, limits.MaxPeers, limits.MaxItems),
            (status.StoredTorrents, status.StoredPeers, status.StoredItems));
        Assert.Equal(Lookups, status.Lookups);
        Assert.True(
            node.NodeCount > 40 && node.OutstandingQueries > 100, $"{status}, {node.OutstandingQueries} queries");
        output.Clear();
        return node;
    }

    private static byte[] RandomBytes(Random random)
    {
        byte[] bytes = new byte[NodeId.Length];
        random.NextBytes(bytes);
        return bytes;
    }

    private sealed class LastPacketSender : IPacketSender
    {
        public byte[] Last { get; private set; } = [];

        public void Send(ReadOnlySpan<byte> packet, IPEndPoint to) => Last = packet.ToArray();

        public void Clear() => Last = [];
    }

    private sealed class Peer(DhtNode node, LastPacketSender output, IPEndPoint at, NodeId id)
    {
        private byte[] _token = [];

        public IPEndPoint At => at;

        public NodeId Id => id;

        /// <summary>Answers the last ping sent to the peer.</summary>
        public void Answer() => Send(new KrpcMessage
        {
            Kind = KrpcKind.Response,
            TransactionId = DhtNodeHarness.Parse(output.Last).TransactionId,
            Id = id,
        });

        /// <summary>Requests a token. Fails if the node first sends a query of its own.</summary>
        public bool GetToken()
        {
            Query(KrpcMethod.GetPeers, id);
            _token = DhtNodeHarness.Parse(output.Last).Token.ToArray();
            return _token.Length > 0;
        }

        public void Query(KrpcMethod method, NodeId? target, ushort? port = null, byte[]? value = null) =>
            Send(new KrpcMessage
            {
                Kind = KrpcKind.Query,
                Method = method,
                TransactionId = "aa"u8,
                Id = id,
                Target = target,
                Port = port,
                Value = value,
                Token = _token,
            });

        private void Send(KrpcMessage message)
        {
            Span<byte> packet = stackalloc byte[KrpcMessage.MaxLength];
            node.Receive(packet[..message.Write(packet)], at);
        }
    }
}
