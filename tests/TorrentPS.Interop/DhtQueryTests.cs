using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using TorrentPS.Engine.Dht;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Interop;

/// <summary>A libtorrent DHT node and ours, which know nobody else, ask each other all there is to ask, over either family.</summary>
public sealed class DhtQueryTests(Network network) : IClassFixture<Network>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);
    private static readonly InfoHash s_ours = InfoHash.Parse(new string('a', 40));
    private static readonly InfoHash s_theirs = InfoHash.Parse(new string('b', 40));

    [SkippableTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Libtorrent_is_answered_whatever_it_asks(string address)
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        await using DhtService service = Open(address);
        (RunningProcess libtorrent, IPEndPoint at) = Start(stage, service, address);
        using RunningProcess _ = libtorrent;

        await libtorrent.WaitForLineAsync("its own announce given back", line => line == $"peers {at.Address} {at.Port}", s_limit);
        await libtorrent.WaitForLineAsync("a put taken", line => line is ['p', 'u', 't', ' ', >= '1' and <= '9'], s_limit);
        await libtorrent.WaitForLineAsync("its item given back", line => line.StartsWith("item ", StringComparison.Ordinal) && line.Contains("'theirs'", StringComparison.Ordinal), s_limit);
        // It never sends this one over IPv6, to another libtorrent neither.
        if (at.AddressFamily == AddressFamily.InterNetwork)
            await libtorrent.WaitForLineAsync("a sample", line => line == $"samples {s_theirs}", s_limit);
    }

    [SkippableTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Libtorrent_answers_whatever_it_is_asked(string address)
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        await using DhtService service = Open(address);
        (RunningProcess libtorrent, IPEndPoint at) = Start(stage, service, address);
        using RunningProcess _ = libtorrent;
        using var limit = new CancellationTokenSource(s_limit);
        byte[] item = Encoding.ASCII.GetBytes("4:ours");
        await libtorrent.WaitForLineAsync("its start", line => line == "listening", s_limit);
        service.AddNode(at);
        // It is asked before it is believed, and not waited for.
        while (await service.FindNodesAsync(NodeId.Of(s_ours), limit.Token) == 0)
            await Task.Delay(50, limit.Token);

        Assert.Equal(1, await service.AnnounceAsync(s_ours, 4321, isSeed: true, _ => { }, limit.Token));
        await libtorrent.WaitForLineAsync("our announce", line => line == $"announced {s_ours} 4321", s_limit);
        var found = new List<IPEndPoint>();
        await foreach (IReadOnlyList<IPEndPoint> peers in service.FindPeersAsync(s_ours, limit.Token))
            found.AddRange(peers);
        Assert.Equal([new IPEndPoint(at.Address, 4321)], found);
        Assert.Equal(1, await service.PutItemAsync(item, limit.Token));
        Assert.Equal(item, (await service.GetItemAsync(new NodeId(SHA1.HashData(item)), limit.Token))?.ToArray());
        SampledInfoHashes? sample = await service.SampleAsync(at, NodeId.Of(s_ours), limit.Token);
        Assert.Contains(s_ours, sample?.InfoHashes ?? []);
    }

    private static DhtService Open(string address)
    {
        DhtService service = DhtService.TryOpen(new DhtServiceSettings { BindAddress = IPAddress.Parse(address) })
            ?? throw new InvalidOperationException($"no UDP port at {address}");
        service.Start();
        return service;
    }

    private static (RunningProcess Process, IPEndPoint At) Start(Stage stage, DhtService service, string address)
    {
        var ip = IPAddress.Parse(address);
        using var probe = new Socket(ip.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(ip, 0));
        var at = (IPEndPoint)probe.LocalEndPoint!;
        probe.Close();
        return (new RunningProcess(
            stage, "libtorrent node", "/usr/bin/python3",
            [Stage.Script("libtorrent_dht.py"), address, at.Port.ToString(CultureInfo.InvariantCulture), address, service.Port.ToString(CultureInfo.InvariantCulture), $"{s_theirs}", "theirs"],
            stage.Folder), at);
    }
}
