using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Benchmarks.Whole;

/// <summary>
/// Measures the queries per second that a DHT node answers on one core, the bytes allocated per query and the memory in
/// use.
/// </summary>
internal sealed class DhtBenchmark : IPacketSender
{
    /// <summary>Number of query sources, all with validated addresses.</summary>
    private const int Sources = 250;

    /// <summary>Number of queries in a round.</summary>
    private const int Queries = 100_000;

    private readonly byte[] _sent = new byte[KrpcMessage.MaxLength];
    private readonly DhtNode _node;
    private readonly IPEndPoint[] _sources = new IPEndPoint[Sources];
    private readonly Random _random = new(1);
    private IPEndPoint? _sentTo;
    private int _sentLength;
    private long _answers;

    private DhtBenchmark()
    {
        var settings = new DhtNodeSettings { QueriesPerSource = 1_000_000, AnswerRate = int.MaxValue };
        _node = new DhtNode(settings, AddressFamily.InterNetwork, TimeProvider.System, _random, this);
    }

    /// <summary>Measures each method for a number of rounds and prints the fastest.</summary>
    public static void Run(int rounds)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var benchmark = new DhtBenchmark();
        benchmark.AddSources();
        long empty = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"{"query",-20}{"answers/s",12}{"bytes out",12}{"allocated",12}");
        KrpcMethod[] methods =
        [
            KrpcMethod.Ping,
            KrpcMethod.FindNode,
            KrpcMethod.GetPeers,
            KrpcMethod.AnnouncePeer,
            KrpcMethod.SampleInfoHashes,
        ];
        foreach (KrpcMethod method in methods)
            benchmark.Measure(method, rounds);
        long full = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"memory: {empty / 1024.0:f0} KiB with {benchmark._node.NodeCount} nodes, "
            + $"{full / 1024.0:f0} KiB with {benchmark._node.Status.StoredPeers} stored peers"));
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        packet.CopyTo(_sent);
        _sentLength = packet.Length;
        _answers++;
        _sentTo = to;
    }

    /// <summary>Answers a ping of the node for each source, which validates its address.</summary>
    private void AddSources()
    {
        byte[] packet = new byte[KrpcMessage.MaxLength];
        for (int i = 0; i < Sources; i++)
        {
            _sources[i] = new IPEndPoint(new IPAddress([20, (byte)(i >> 8), (byte)i, 1]), 6881);
            _node.AddNode(_sources[i]);
            _node.Tick();
            if (!KrpcMessage.TryParse(_sent.AsSpan(0, _sentLength), out KrpcMessage ping)
                || ping.Method != KrpcMethod.Ping || !Equals(_sentTo, _sources[i]))
                throw new InvalidOperationException("The node did not ping its source.");
            NodeId id = SecureNodeId.Generate(new NodeAddress(_sources[i]), _random);
            int length = new KrpcMessage
            {
                Kind = KrpcKind.Response,
                TransactionId = ping.TransactionId,
                Id = id,
            }.Write(packet);
            _node.Receive(packet.AsSpan(0, length), _sources[i]);
        }
    }

    private void Measure(KrpcMethod method, int rounds)
    {
        byte[] token = Token();
        var packets = new byte[256][];
        byte[] buffer = new byte[KrpcMessage.MaxLength];
        for (int i = 0; i < packets.Length; i++)
            packets[i] = buffer[..Query(method, NodeId.Random(_random), token).Write(buffer)];

        // The node pings sources that its routing table has space for, once each. This round is not measured.
        Receive(packets, method);
        double best = double.MaxValue;
        long allocated = 0;
        for (int round = 0; round < rounds; round++)
        {
            long answers = _answers;
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            Receive(packets, method);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - bytes;
            if (_answers - answers != Queries)
            {
                string last = Encoding.Latin1.GetString(_sent.AsSpan(0, _sentLength));
                throw new InvalidOperationException(
                    $"{Queries} queries got {_answers - answers} answers. The last was: {last}");
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{method,-20}{Queries / best,12:f0}{_sentLength,12}{(double)allocated / Queries,12:f1}"));
    }

    private void Receive(byte[][] packets, KrpcMethod method)
    {
        // The token is valid for the first source only.
        for (int i = 0; i < Queries; i++)
        {
            IPEndPoint source = method == KrpcMethod.AnnouncePeer ? _sources[0] : _sources[i % Sources];
            _node.Receive(packets[i & 255], source);
        }
    }

    private byte[] Token()
    {
        byte[] packet = new byte[KrpcMessage.MaxLength];
        int length = Query(KrpcMethod.GetPeers, NodeId.Random(_random), default).Write(packet);
        _node.Receive(packet.AsSpan(0, length), _sources[0]);
        return KrpcMessage.TryParse(_sent.AsSpan(0, _sentLength), out KrpcMessage answer) ? answer.Token.ToArray() : [];
    }

    private KrpcMessage Query(KrpcMethod method, NodeId id, byte[]? token) => new()
    {
        Kind = KrpcKind.Query,
        Method = method,
        TransactionId = "aa"u8,
        Version = "LT\x01\x02"u8,
        Id = id,
        Target = NodeId.Random(_random),
        Port = method == KrpcMethod.AnnouncePeer ? (ushort)6881 : null,
        Token = token,
    };
}
