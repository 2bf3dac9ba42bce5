using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Interop;

/// <summary>A libtorrent DHT node and ours, which know nobody else, ask each other all there is to ask, over either family.</summary>
public sealed class DhtQueryTests(Network network) : IClassFixture<Network>
{
    private const int TheirPort = 7100;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);
    private static readonly InfoHash s_ours = InfoHash.Parse(new string('a', 40));
    private static readonly InfoHash s_theirs = InfoHash.Parse(new string('b', 40));

    [SkippableTheory]
    [InlineData(Network.OurAddress)]
    [InlineData(Network.OurPublicIPv6Address)]
    public async Task Libtorrent_is_answered_whatever_it_asks(string address)
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        await using DhtService service = Open(address);
        (RunningProcess libtorrent, IPEndPoint at) = Start(stage, service, address);

        await libtorrent.WaitForLineAsync("its own announce given back", line => line == $"peers {at.Address} {at.Port}", s_limit);
        await libtorrent.WaitForLineAsync("a put taken", line => line is ['p', 'u', 't', ' ', >= '1' and <= '9'], s_limit);
        await libtorrent.WaitForLineAsync("its item given back", line => line.StartsWith("item ", StringComparison.Ordinal) && line.Contains("'theirs'", StringComparison.Ordinal), s_limit);
        await libtorrent.WaitForLineAsync("a sample", line => line == $"samples {s_theirs}", s_limit);
    }

    [SkippableTheory]
    [InlineData(Network.OurAddress)]
    [InlineData("::1")]
    public async Task Libtorrent_and_ours_answer_each_others_pings(string address)
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        await using DhtService service = Open(address);
        (RunningProcess libtorrent, IPEndPoint at) = Start(stage, service, address);
        await libtorrent.WaitForLineAsync("its start", line => line == "listening", s_limit);

        // Whom we are told of, we ping and nothing else; and only who answers is known.
        service.AddNode(at);
        await libtorrent.WaitForLineAsync("our ping", line => line == "answered a ping", s_limit);
        using var limit = new CancellationTokenSource(s_limit);
        while (service.Status.Nodes[0].Good == 0)
            await Task.Delay(50, limit.Token);

        // It pings whom it knows of the half of the space that is not its own, when it knows enough; ids are free at local addresses (BEP 42).
        bool isLow = (await IdOfAsync(at)).ToString()[0] < '8';
        DhtService[] others = [.. Enumerable.Range(0, 20).Select(_ => Open(address, half: isLow ? 1 : 0))];
        try
        {
            foreach (DhtService other in others)
                other.AddNode(at);
            await libtorrent.WaitForLineAsync("our answer to its ping", line => line == "ping answered", s_limit);
        }
        finally
        {
            await Task.WhenAll(others.Select(other => other.DisposeAsync().AsTask()));
        }
    }

    [SkippableTheory]
    [InlineData(Network.OurAddress)]
    [InlineData(Network.OurPublicIPv6Address)]
    public async Task Libtorrent_answers_whatever_it_is_asked(string address)
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        await using DhtService service = Open(address);
        (RunningProcess libtorrent, IPEndPoint at) = Start(stage, service, address);
        using var limit = new CancellationTokenSource(s_limit);
        byte[] item = Encoding.ASCII.GetBytes("4:ours");
        await libtorrent.WaitForLineAsync("its start", line => line == "listening", s_limit);
        service.AddNode(at);
        // It is asked before it is believed, and not waited for.
        while (await service.FindNodesAsync(NodeId.FromInfoHash(s_ours), limit.Token) == 0)
            await Task.Delay(50, limit.Token);

        Assert.Equal(1, await service.AnnounceAsync(s_ours, 4321, isSeed: true, _ => { }, limit.Token));
        await libtorrent.WaitForLineAsync("our announce", line => line == $"announced {s_ours} 4321", s_limit);
        var found = new List<IPEndPoint>();
        await foreach (IReadOnlyList<IPEndPoint> peers in service.FindPeersAsync(s_ours, limit.Token))
            found.AddRange(peers);
        Assert.Equal([new IPEndPoint(at.Address, 4321)], found);
        Assert.Equal(1, await service.PutItemAsync(item, limit.Token));
        Assert.Equal(item, (await service.GetItemAsync(new NodeId(SHA1.HashData(item)), limit.Token))?.ToArray());
        SampledInfoHashes? sample = await service.SampleAsync(at, NodeId.FromInfoHash(s_ours), limit.Token);
        Assert.Contains(s_ours, sample?.InfoHashes ?? []);
    }

    /// <summary>A node of ours with an id that fits its address (BEP 42), or in one half of the space of ids.</summary>
    private DhtService Open(string address, int? half = null) => network.OpenHere(() =>
    {
        var ip = IPAddress.Parse(address);
        NodeId id = SecureNodeId.Generate(new NodeAddress(new IPEndPoint(ip, 0)), Random.Shared);
        if (half is { } first)
            id = new NodeId([(byte)(first << 7), .. RandomNumberGenerator.GetBytes(NodeId.Length - 1)]);
        DhtService service = DhtService.TryOpen(new DhtServiceSettings { BindAddress = ip, Node = new DhtNodeSettings { Id = id } })
            ?? throw new InvalidOperationException($"no UDP port at {address}");
        service.Start();
        return service;
    });

    private async Task<NodeId> IdOfAsync(IPEndPoint node)
    {
        using Socket socket = network.OpenHere(() => new Socket(node.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        using var limit = new CancellationTokenSource(s_limit);
        byte[] packet = new byte[KrpcMessage.MaxLength];
        int length = new KrpcMessage { Kind = KrpcKind.Query, Method = KrpcMethod.Ping, TransactionId = "id"u8, Id = NodeId.Random(Random.Shared), IsReadOnly = true }.Write(packet);
        await socket.SendToAsync(packet.AsMemory(0, length), node, limit.Token);
        length = await socket.ReceiveAsync(packet, limit.Token);
        return KrpcMessage.TryParse(packet.AsSpan(0, length), out KrpcMessage answer) ? answer.Id!.Value : throw new InvalidDataException("no answer to a ping");
    }

    private static (RunningProcess Process, IPEndPoint At) Start(Stage stage, DhtService service, string address)
    {
        var at = new IPEndPoint(IPAddress.Parse(address), TheirPort);
        return (stage.StartHere(
            "libtorrent node", "/usr/bin/python3",
            Stage.Script("libtorrent_dht.py"), address, $"{TheirPort}", address, service.Port.ToString(CultureInfo.InvariantCulture), $"{s_theirs}", "theirs"), at);
    }
}
