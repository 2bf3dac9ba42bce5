using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Simulation.Dht;

/// <summary>
/// Measures the <c>get_peers</c> queries per second that one node answers on one core, for validated sources and many
/// torrents.
/// </summary>
internal sealed class DhtQueryRate : IPacketSender
{
    private const int Sources = 200;
    private const int Queries = 1000;
    private const int Rounds = 300;

    private readonly Timeline _time = new();
    private readonly Random _random;
    private readonly DhtNode _node;
    private readonly byte[] _packet = new byte[KrpcMessage.MaxLength];
    private readonly Queue<(byte[] Packet, IPEndPoint From)> _answers = new();
    private long _sent;

    private DhtQueryRate(int seed)
    {
        _random = new Random(seed);

        // Lifts the limits per source and for all answers, which are not measured here.
        var settings = new DhtNodeSettings { QueriesPerSource = 1_000_000, AnswerRate = 1 << 30 };
        _node = new DhtNode(settings, AddressFamily.InterNetwork, _time, new Random(_random.Next()), this);
    }

    /// <summary>Returns the answers per second on this machine.</summary>
    public static double Measure(int seed)
    {
        var measure = new DhtQueryRate(seed);
        IPEndPoint[] sources = measure.AddSources();
        (byte[] Packet, IPEndPoint From)[] queries = [
            .. Enumerable.Range(0, Queries).Select(i => (measure.CreateQuery(), sources[i % sources.Length]))
        ];
        measure.Send(queries, Rounds / 10);
        long sent = measure._sent;
        long start = Stopwatch.GetTimestamp();
        measure.Send(queries, Rounds);
        return (measure._sent - sent) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        _sent++;
        if (KrpcMessage.TryParse(packet, out KrpcMessage message) && message.Kind == KrpcKind.Query)
        {
            var answer = new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = message.TransactionId,
                Id = NodeId.Random(_random),
            };
            _answers.Enqueue((Write(answer), to));
        }
    }

    /// <summary>Adds the sources to the node's routing table, which validates their addresses.</summary>
    private IPEndPoint[] AddSources()
    {
        IPEndPoint[] sources = [
            .. Enumerable.Range(0, Sources).Select(
                i => new IPEndPoint(new IPAddress([10, 0, (byte)(i / 250), (byte)(1 + (i % 250))]), 6881))
        ];
        foreach (IPEndPoint source in sources)
            _node.AddNode(source);
        for (int tick = 0; tick < 100; tick++)
        {
            _time.In(0.1, _node.Tick);
            _time.Step(Timeline.Ticks(_time.Seconds + 0.1));
            while (_answers.TryDequeue(out var answer))
                _node.Receive(answer.Packet, answer.From);
        }

        return sources;
    }

    private byte[] CreateQuery()
    {
        byte[] transaction = new byte[2];
        _random.NextBytes(transaction);
        return Write(new KrpcMessage
        {
            Kind =
                KrpcKind.Query,
            Method =
                    KrpcMethod.GetPeers,
            TransactionId =
                        transaction,
            Id = NodeId.Random(_random),
            Target = NodeId.Random(_random),
        });
    }

    private byte[] Write(in KrpcMessage message) => _packet[..message.Write(_packet)];

    private void Send((byte[] Packet, IPEndPoint From)[] queries, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            foreach ((byte[] packet, IPEndPoint from) in queries)
                _node.Receive(packet, from);
        }
    }
}
