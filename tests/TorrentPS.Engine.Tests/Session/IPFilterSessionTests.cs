using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Engine.Trackers;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>The IP filter at each place where data enters or leaves a session.</summary>
public sealed class IPFilterSessionTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly string _list = Path.GetTempFileName();
    private readonly IPFilter _loopback;

    public IPFilterSessionTests()
    {
        File.WriteAllText(_list, "127.0.0.0/8\n::1");
        _loopback = IPFilter.Load(_list);
    }

    public void Dispose() => File.Delete(_list);

    [Fact]
    public async Task An_incoming_connection_gets_no_handshake_until_the_filter_is_off()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 300_000));
        await using var seeds = new TorrentSession(content.LocalSession with { IPFilter = _loopback });
        seeds.Add(content.Metainfo, content.SeedSettings);
        var address = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);

        Assert.Equal(0, await BlockedCallerTests.CallAsync(address, content.Metainfo.WireHash));
        Assert.Equal(1, seeds.IPFilterCounts.Incoming);
        await seeds.ApplyAsync(settings => settings with { IPFilter = IPFilter.None });
        Assert.NotEqual(0, await BlockedCallerTests.CallAsync(address, content.Metainfo.WireHash));
        Assert.Equal(1, seeds.IPFilterCounts.Incoming);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("udp")]
    public async Task A_tracker_in_the_filter_is_not_contacted(string scheme)
    {
        var filter = new AddressFilter { Current = _loopback };
        var client = new TrackerClient(new TrackerClientOptions { Filter = filter });
        using var tcp = new TcpListener(IPAddress.Loopback, 0);
        tcp.Start();
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)(scheme == "http" ? tcp.LocalEndpoint : udp.Client.LocalEndPoint!)).Port;

        TrackerException error = await Assert.ThrowsAsync<TrackerException>(() => client.AnnounceAsync(
            new Uri($"{scheme}://127.0.0.1:{port}/announce"), Samples.Request, default).WaitAsync(s_limit));

        Assert.Contains("IP filter", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, filter.Counts.Servers);
        Assert.False(tcp.Pending());
        Assert.Equal(0, udp.Available);
    }

    [Fact]
    public async Task Packets_of_the_DHT_are_neither_read_nor_sent()
    {
        var filter = new AddressFilter { Current = _loopback };
        using DhtSocket socket = DhtSocket.TryOpen(
            AddressFamily.InterNetwork, new NetworkBinding(IPAddress.Loopback), filter, 0)!;
        using var node = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var address = (IPEndPoint)node.Client.LocalEndPoint!;
        using var closing = new CancellationTokenSource(s_limit);
        var received = new ConcurrentQueue<byte>();
        using var arrived = new SemaphoreSlim(0);
        Task receiving = socket.ReceiveAsync(
            packet =>
            {
                received.Enqueue(packet.Buffer[0]);
                arrived.Release();
            },
            closing.Token);

        socket.Send([1], address);
        await node.SendAsync(new byte[] { 1 }, new IPEndPoint(IPAddress.Loopback, socket.Port), closing.Token);
        while (filter.Counts.Dht < 2)
            await Task.Delay(5, closing.Token);
        filter.Current = IPFilter.None;
        socket.Send([2], address);
        await node.SendAsync(new byte[] { 2 }, new IPEndPoint(IPAddress.Loopback, socket.Port), closing.Token);

        await arrived.WaitAsync(closing.Token);
        Assert.Equal((byte)2, Assert.Single(received));
        Assert.Equal([2], (await node.ReceiveAsync(closing.Token)).Buffer);
        await closing.CancelAsync();
        await receiving;
    }
}
