using System.Net;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Tests.Trackers;

namespace TorrentPS.Engine.Tests.Dht;

/// <summary>A network of DHT nodes in virtual time. The same seed gives the same run.</summary>
internal sealed class DhtTestNetwork(int seed = 1)
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_latency = TimeSpan.FromMilliseconds(30);

    private readonly Dictionary<IPEndPoint, DhtNode> _nodes = [];
    private readonly Queue<(TimeSpan Due, byte[] Packet, IPEndPoint From, IPEndPoint To)> _packets = new();
    private TimeSpan _now;

    public FakeTime Time { get; } = new();

    public Random Random { get; } = new(seed);

    /// <summary>Decides for each packet whether it is lost.</summary>
    public Func<byte[], IPEndPoint, IPEndPoint, bool> IsLost { get; set; } = (_, _, _) => false;

    public IEnumerable<DhtNode> Nodes => _nodes.Values;

    public static IPEndPoint EndPoint(int number) =>
        new(new IPAddress([20, (byte)(number >> 8), (byte)number, 1]), 6881);

    public DhtNode Add(IPEndPoint at, DhtNodeSettings? settings = null)
    {
        var node = new DhtNode(
            settings ?? new DhtNodeSettings(), at.AddressFamily, Time, new Random(Random.Next()), new Wire(this, at));
        _nodes.Add(at, node);
        return node;
    }

    public DhtNode Add(int number, DhtNodeSettings? settings = null) => Add(EndPoint(number), settings);

    /// <summary>Adds nodes that all know the first one, and runs until they know each other.</summary>
    public DhtNode[] Grow(int count)
    {
        DhtNode[] nodes = [.. Enumerable.Range(1, count).Select(number => Add(number))];
        foreach (DhtNode node in nodes[1..])
            node.AddNode(EndPoint(1));
        Run(TimeSpan.FromSeconds(60));
        return nodes;
    }

    public void Remove(IPEndPoint at) => _nodes.Remove(at);

    public void Send(byte[] packet, IPEndPoint from, IPEndPoint to)
    {
        if (!IsLost(packet, from, to))
            _packets.Enqueue((_now + s_latency, packet, from, to));
    }

    public void Run(TimeSpan duration)
    {
        for (TimeSpan end = _now + duration; _now < end;)
        {
            Time.Advance(s_step);
            _now += s_step;
            while (_packets.TryPeek(out var next) && next.Due <= _now)
            {
                (_, byte[] packet, IPEndPoint from, IPEndPoint to) = _packets.Dequeue();
                if (_nodes.TryGetValue(to, out DhtNode? node))
                    node.Receive(packet, from);
            }

            if (_now.Ticks % TimeSpan.FromMilliseconds(100).Ticks == 0)
            {
                foreach (DhtNode node in _nodes.Values.ToArray())
                    node.Tick();
            }
        }
    }

    private sealed class Wire(DhtTestNetwork net, IPEndPoint from) : IPacketSender
    {
        public void Send(ReadOnlySpan<byte> packet, IPEndPoint to) => net.Send(packet.ToArray(), from, to);
    }
}
