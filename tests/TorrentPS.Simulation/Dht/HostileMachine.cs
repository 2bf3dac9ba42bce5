using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Simulation.Dht;

/// <summary>The behaviour of a hostile host.</summary>
internal enum HostileBehaviour
{
    /// <summary>Answers pings but no other query.</summary>
    Silent,

    /// <summary>Answers each query with another node id.</summary>
    WrongId,

    /// <summary>Answers with addresses of nonexistent nodes close to the target, and with nonexistent peers.</summary>
    Poison,
}

/// <summary>A hostile host. It queries random nodes so that they add it to their routing tables.</summary>
internal sealed class HostileMachine(
    DhtWorld world, int number, IPEndPoint endPoint, Random random, HostileBehaviour behaviour)
    : DhtMachine(world, number, endPoint)
{
    private const double CallPeriod = 2;
    private const int Poisoned = 8;

    private readonly NodeId _id = SecureNodeId.Generate(new NodeAddress(endPoint), random);
    private readonly byte[] _packet = new byte[KrpcMessage.MaxLength];
    private double _callAt;

    /// <inheritdoc/>
    public override void Join(IReadOnlyList<IPEndPoint> known)
    {
        // Tick sends queries to random nodes instead.
    }

    /// <inheritdoc/>
    public override void Tick()
    {
        if (World.Time.Seconds < _callAt)
            return;
        _callAt = World.Time.Seconds + (CallPeriod * (0.5 + random.NextDouble()));
        Span<byte> transaction = stackalloc byte[2];
        random.NextBytes(transaction);
        Send(
            new KrpcMessage
            {
                Kind = KrpcKind.Query,
                Method = KrpcMethod.FindNode,
                TransactionId = transaction,
                Id = _id,
                Target = _id,
            },
            World.Any().EndPoint);
    }

    /// <inheritdoc/>
    public override void Receive(ReadOnlySpan<byte> packet, IPEndPoint from)
    {
        if (!KrpcMessage.TryParse(packet, out KrpcMessage query) || query.Kind != KrpcKind.Query)
            return;
        if (query.Method == KrpcMethod.Ping)
            Send(
                new KrpcMessage
                {
                    Kind = KrpcKind.Response,
                    TransactionId = query.TransactionId,
                    Id = behaviour == HostileBehaviour.WrongId ? NodeId.Random(random) : _id,
                },
                from);
        else if (behaviour != HostileBehaviour.Silent)
            Mislead(query, from);
    }

    private void Mislead(in KrpcMessage query, IPEndPoint from)
    {
        NodeId target = query.Target ?? NodeId.Random(random);
        Span<byte> nodes = stackalloc byte[Poisoned * CompactNode.IPv4Length];
        Span<byte> values = stackalloc byte[2 + (Poisoned * 8)];
        int length = 1;
        values[0] = (byte)'l';
        for (int i = 0; i < Poisoned; i++)
        {
            NodeId near = target.RandomWithPrefix(20 + random.Next(100), random);
            new CompactNode(near, Nowhere()).Write(nodes[(i * CompactNode.IPv4Length)..]);
            length += PeerValues.Write(Nowhere(), values[length..]);
        }

        values[length++] = (byte)'e';
        Send(
            new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = query.TransactionId,
                Id = behaviour == HostileBehaviour.WrongId ? NodeId.Random(random) : _id,
                Nodes = nodes,
                Values = behaviour == HostileBehaviour.Poison && query.Method == KrpcMethod.GetPeers
                    ? values[..length]
                    : default,
                Token = "poison"u8,
            },
            from);
    }

    /// <summary>Returns a random address outside the range that the hosts use.</summary>
    private NodeAddress Nowhere()
    {
        byte[] bytes =
            [(byte)random.Next(110, 200), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(1, 255)];
        return new NodeAddress(new IPEndPoint(new IPAddress(bytes), random.Next(1024, 65536)));
    }

    private void Send(in KrpcMessage message, IPEndPoint to)
    {
        if (IsAlive)
            World.Send(this, _packet.AsSpan(0, message.Write(_packet)), to);
    }
}
