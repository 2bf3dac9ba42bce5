using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Interop;

/// <summary>All queries between a libtorrent DHT node and a TorrentPS node, over IPv4 and IPv6.</summary>
public sealed class DhtQueryTests(Network network) : IClassFixture<Network>
{
    private const int LibtorrentPort = 7100;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);
    private static readonly InfoHash s_localTorrent = InfoHash.Parse(new string('a', 40));
    private static readonly InfoHash s_libtorrentTorrent = InfoHash.Parse(new string('b', 40));

    [SkippableTheory]
    [InlineData(Network.LocalAddress)]
    [InlineData(Network.LocalPublicIPv6Address)]
    public async Task Queries_of_libtorrent_are_answered(string address)
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        await using DhtService service = Open(address);
        (RunningProcess libtorrent, IPEndPoint at) = Start(environment, service, address);

        await libtorrent.WaitForLineAsync(
            "its own announce in a response", line => line == $"peers {at.Address} {at.Port}", s_limit);
        await libtorrent.WaitForLineAsync(
            "an accepted put", line => line is ['p', 'u', 't', ' ', >= '1' and <= '9'], s_limit);
        await libtorrent.WaitForLineAsync(
            "its item in a response",
            line => line.StartsWith("item ", StringComparison.Ordinal)
                && line.Contains("'theirs'", StringComparison.Ordinal),
            s_limit);
        await libtorrent.WaitForLineAsync("a sample", line => line == $"samples {s_libtorrentTorrent}", s_limit);
    }

    [SkippableTheory]
    [InlineData(Network.LocalAddress)]
    [InlineData("::1")]
    public async Task Pings_are_answered_in_both_directions(string address)
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        await using DhtService service = Open(address);
        (RunningProcess libtorrent, IPEndPoint at) = Start(environment, service, address);
        await libtorrent.WaitForLineAsync("its start", line => line == "listening", s_limit);

        // An added node is pinged, and enters the routing table when it answers.
        service.AddNode(at);
        await libtorrent.WaitForLineAsync("the ping of TorrentPS", line => line == "answered a ping", s_limit);
        using var limit = new CancellationTokenSource(s_limit);
        while (service.Status.Nodes[0].Good == 0)
            await Task.Delay(50, limit.Token);

        // libtorrent pings nodes of the other half of the id space once it knows enough of them. Ids are not checked at
        // local addresses (BEP 42).
        bool isLow = (await IdOfAsync(at)).ToString()[0] < '8';
        DhtService[] others = [.. Enumerable.Range(0, 20).Select(_ => Open(address, half: isLow ? 1 : 0))];
        try
        {
            foreach (DhtService other in others)
                other.AddNode(at);
            await libtorrent.WaitForLineAsync(
                "the answer of TorrentPS to its ping", line => line == "ping answered", s_limit);
        }
        finally
        {
            await Task.WhenAll(others.Select(other => other.DisposeAsync().AsTask()));
        }
    }

    [SkippableTheory]
    [InlineData(Network.LocalAddress)]
    [InlineData(Network.LocalPublicIPv6Address)]
    public async Task Queries_to_libtorrent_are_answered(string address)
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        await using DhtService service = Open(address);
        (RunningProcess libtorrent, IPEndPoint at) = Start(environment, service, address);
        using var limit = new CancellationTokenSource(s_limit);
        byte[] item = Encoding.ASCII.GetBytes("4:ours");
        await libtorrent.WaitForLineAsync("its start", line => line == "listening", s_limit);
        service.AddNode(at);

        // The added node is pinged first, and FindNodesAsync does not wait for the answer.
        while (await service.FindNodesAsync(NodeId.FromInfoHash(s_localTorrent), limit.Token) == 0)
            await Task.Delay(50, limit.Token);

        Assert.Equal(1, await service.AnnounceAsync(s_localTorrent, 4321, isSeed: true, _ => { }, limit.Token));
        await libtorrent.WaitForLineAsync(
            "the announce of TorrentPS", line => line == $"announced {s_localTorrent} 4321", s_limit);
        var found = new List<IPEndPoint>();
        await foreach (IReadOnlyList<IPEndPoint> peers in service.FindPeersAsync(s_localTorrent, limit.Token))
            found.AddRange(peers);
        Assert.Equal([new IPEndPoint(at.Address, 4321)], found);
        Assert.Equal(1, await service.PutItemAsync(item, limit.Token));
        Assert.Equal(item, (await service.GetItemAsync(new NodeId(SHA1.HashData(item)), limit.Token))?.ToArray());
        SampledInfoHashes? sample = await service.SampleAsync(at, NodeId.FromInfoHash(s_localTorrent), limit.Token);
        Assert.Contains(s_localTorrent, sample?.InfoHashes ?? []);
    }

    /// <summary>
    /// Opens a TorrentPS node with an id that is valid for its address (BEP 42), or in one half of the id space.
    /// </summary>
    private DhtService Open(string address, int? half = null) => network.OpenInLocalNamespace(() =>
    {
        var ip = IPAddress.Parse(address);
        NodeId id = SecureNodeId.Generate(new NodeAddress(new IPEndPoint(ip, 0)), Random.Shared);
        if (half is { } first)
            id = new NodeId([(byte)(first << 7), .. RandomNumberGenerator.GetBytes(NodeId.Length - 1)]);
        DhtService service = DhtService.TryOpen(
            new DhtServiceSettings { Binding = new NetworkBinding(ip), Node = new DhtNodeSettings { Id = id } })
            ?? throw new InvalidOperationException($"no UDP port at {address}");
        service.Start();
        return service;
    });

    private async Task<NodeId> IdOfAsync(IPEndPoint node)
    {
        using Socket socket = network.OpenInLocalNamespace(
            () => new Socket(node.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        using var limit = new CancellationTokenSource(s_limit);
        byte[] packet = new byte[KrpcMessage.MaxLength];
        var ping = new KrpcMessage
        {
            Kind = KrpcKind.Query,
            Method = KrpcMethod.Ping,
            TransactionId = "id"u8,
            Id = NodeId.Random(Random.Shared),
            IsReadOnly = true,
        };
        int length = ping.Write(packet);
        await socket.SendToAsync(packet.AsMemory(0, length), node, limit.Token);
        length = await socket.ReceiveAsync(packet, limit.Token);
        return KrpcMessage.TryParse(packet.AsSpan(0, length), out KrpcMessage answer)
            ? answer.Id!.Value
            : throw new InvalidDataException("no answer to a ping");
    }

    private static (RunningProcess Process, IPEndPoint At) Start(
        TestEnvironment environment, DhtService service, string address)
    {
        var at = new IPEndPoint(IPAddress.Parse(address), LibtorrentPort);
        return (environment.StartLocal(
            "libtorrent node", "/usr/bin/python3",
            TestEnvironment.Script("libtorrent_dht.py"),
            address,
            $"{LibtorrentPort}",
            address,
            service.Port.ToString(CultureInfo.InvariantCulture),
            $"{s_libtorrentTorrent}",
            "theirs"), at);
    }
}
