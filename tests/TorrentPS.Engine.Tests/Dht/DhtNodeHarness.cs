using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Tests.Dht;

/// <summary>A single node. The test plays all other hosts.</summary>
internal sealed class DhtNodeHarness : IPacketSender
{
    private readonly byte[] _buffer = new byte[KrpcMessage.MaxLength];

    public DhtNodeHarness(
        DhtNodeSettings? settings = null, AddressFamily family = AddressFamily.InterNetwork, Random? random = null)
    {
        Random = random ?? new Random(1);
        Node = new DhtNode(settings ?? new DhtNodeSettings(), family, Time, Random, this);
    }

    public FakeTime Time { get; } = new();

    public Random Random { get; }

    public DhtNode Node { get; }

    /// <summary>The packets that the node sent, in order.</summary>
    public List<(byte[] Packet, IPEndPoint To)> Sent { get; } = [];

    /// <summary>The node ids of the hosts added by <see cref="AddHost"/>.</summary>
    public Dictionary<IPEndPoint, NodeId> HostIds { get; } = [];

    public void Send(ReadOnlySpan<byte> packet, IPEndPoint to) => Sent.Add((packet.ToArray(), to));

    public void Advance(TimeSpan by)
    {
        for (TimeSpan step = TimeSpan.FromMilliseconds(100); by > TimeSpan.Zero; by -= step)
        {
            Time.Advance(step);
            Node.Tick();
        }
    }

    /// <summary>Advances the clock in a single step.</summary>
    public void AdvanceOnce(TimeSpan by)
    {
        Time.Advance(by);
        Node.Tick();
    }

    public int Receive(KrpcMessage message, IPEndPoint from)
    {
        int length = message.Write(_buffer);
        Node.Receive(_buffer.AsSpan(0, length), from);
        return length;
    }

    /// <summary>Sends a query and returns the single packet that the node sends in return.</summary>
    public byte[] SendQuery(KrpcMessage query, IPEndPoint from)
    {
        Sent.Clear();
        Receive(query, from);
        return Assert.Single(Sent).Packet;
    }

    /// <summary>
    /// Adds a host that answers the node's ping, which validates its address and adds it to the routing table if there
    /// is space. Does nothing if the host was added before.
    /// </summary>
    public NodeId AddHost(IPEndPoint at, NodeId? id = null)
    {
        if (HostIds.TryGetValue(at, out NodeId known))
            return known;
        NodeId nodeId = id ?? SecureNodeId.Generate(new NodeAddress(at), Random);
        Node.AddNode(at);
        Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(AnswerPing(at, nodeId));
        HostIds.Add(at, nodeId);
        return nodeId;
    }

    /// <summary>Answers all queries that the node sent to an added host, with its id only.</summary>
    public void AnswerAll(IPEndPoint at)
    {
        List<byte[]> asked = [.. Sent.Where(sent => sent.To.Equals(at)).Select(sent => sent.Packet)];
        Sent.Clear();
        foreach (byte[] packet in asked)
            Receive(
                new KrpcMessage
                {
                    Kind = KrpcKind.Response,
                    TransactionId = Parse(packet).TransactionId,
                    Id = HostIds[at],
                },
                at);
    }

    /// <summary>Answers the node's last ping to a host.</summary>
    public bool AnswerPing(IPEndPoint at, NodeId id, byte[]? seenAt = null)
    {
        int last = Sent.FindLastIndex(sent => sent.To.Equals(at) && IsQuery(sent.Packet, KrpcMethod.Ping));
        if (last < 0)
            return false;
        KrpcMessage ping = Parse(Sent[last].Packet);
        Receive(
            new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = ping.TransactionId,
                Id = id,
                ExternalAddress = seenAt,
            },
            at);
        return true;
    }

    /// <summary>Answers the last query sent to an added host, naming other nodes.</summary>
    public void AnswerWithNodes(IPEndPoint at, IReadOnlyList<IPEndPoint> others)
    {
        byte[] nodes = new byte[others.Count * CompactNode.IPv4Length];
        for (int i = 0; i < others.Count; i++)
            new CompactNode(
                NodeId.Random(Random), new NodeAddress(others[i])).Write(nodes.AsSpan(i * CompactNode.IPv4Length));
        KrpcMessage asked = Parse(Sent.FindLast(sent => sent.To.Equals(at)).Packet);
        Receive(
            new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = asked.TransactionId,
                Id = HostIds[at],
                Nodes = nodes,
            },
            at);
    }

    public static bool IsQuery(byte[] packet, KrpcMethod method) =>
        Parse(packet) is { Kind: KrpcKind.Query } message && message.Method == method;

    public static KrpcMessage Parse(byte[] packet)
    {
        Assert.True(KrpcMessage.TryParse(packet, out KrpcMessage message));
        return message;
    }

    public KrpcMessage CreateQuery(KrpcMethod method, NodeId? target = null) => new()
    {
        Kind = KrpcKind.Query,
        Method = method,
        TransactionId = "aa"u8,
        Id = NodeId.Random(Random),
        Target = target,
    };

    public static IPEndPoint Host(int number) => new(new IPAddress([30, (byte)(number >> 8), (byte)number, 7]), 6881);
}
