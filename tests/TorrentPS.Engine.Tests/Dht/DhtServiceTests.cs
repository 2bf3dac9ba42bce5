using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Dht;

/// <summary>Tests DHT nodes with real sockets on the loopback interface.</summary>
public sealed class DhtServiceTests : IDisposable
{
    private static readonly InfoHash s_torrent = InfoHash.Parse("00112233445566778899aabbccddeeff00112233");
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _limit = new(s_limit);
    private readonly string _folder = Directory.CreateTempSubdirectory("torrentps-dht-").FullName;

    public void Dispose()
    {
        _limit.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_announced_peer_is_found_through_a_third_node()
    {
        await using DhtService middle = Open();
        await using DhtService announcer = Open(Name(middle));
        await using DhtService searcher = Open(Name(middle));

        Assert.True(await announcer.AnnounceAsync(s_torrent, 7777, isSeed: false, _ => { }, _limit.Token) > 0);

        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 7777)], await FindAsync(searcher));
    }

    [Fact]
    public async Task An_item_put_by_one_service_is_found_by_another()
    {
        await using DhtService middle = Open();
        await using DhtService giver = Open(Name(middle));
        await using DhtService taker = Open(Name(middle));
        byte[] value = "5:hello"u8.ToArray();

        Assert.True(await giver.PutItemAsync(value, _limit.Token) > 0);

        Assert.Equal(value, (await taker.GetItemAsync(ImmutableItem.TargetOf(value), _limit.Token))!.Value.ToArray());
        Assert.Null(await taker.GetItemAsync(NodeId.FromInfoHash(s_torrent), _limit.Token));
    }

    [Fact]
    public async Task Known_nodes_survive_a_restart()
    {
        string file = Path.Combine(_folder, "state", "dht.dat");
        await using DhtService other = Open();
        await using (DhtService first = Open(Name(other), file))
        {
            await UntilConnected(first);
        }

        await using DhtService second = Open(file: file);
        await UntilConnected(second);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("d2:v43:abce")]
    [InlineData("d2:v4i7ee")]
    [InlineData("le")]
    public async Task A_malformed_file_is_ignored_and_rewritten(string content)
    {
        string file = Path.Combine(_folder, "dht.dat");
        await File.WriteAllTextAsync(file, content);
        await using DhtService other = Open();

        await using (DhtService service = Open(Name(other), file))
        {
            await UntilConnected(service);
        }

        Assert.True(new FileInfo(file).Length > content.Length, "the file was not written anew");
    }

    [Fact]
    public async Task A_search_without_any_node_ends_at_once_without_peers()
    {
        await using DhtService alone = Open();

        Assert.Empty(await FindAsync(alone));
        Assert.False(alone.Status.IsConnected);
    }

    [Fact]
    public async Task A_search_can_be_cancelled()
    {
        // A node that never responds.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using DhtService service = Open($"{silent.LocalEndPoint}");
        using var cancel = new CancellationTokenSource();
        Task<int> search = service.AnnounceAsync(s_torrent, 7777, false, _ => { }, cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => search.WaitAsync(s_limit));
    }

    [Fact]
    public async Task Disposal_ends_searches_and_frees_the_port()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        DhtService service = Open($"{silent.LocalEndPoint}");
        Task<int> search = service.AnnounceAsync(s_torrent, 7777, false, _ => { }, CancellationToken.None);

        await service.DisposeAsync().AsTask().WaitAsync(s_limit);

        await Assert.ThrowsAnyAsync<Exception>(() => search.WaitAsync(s_limit));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => service.GetItemAsync(NodeId.FromInfoHash(s_torrent), CancellationToken.None));
        using var again = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        again.Bind(new IPEndPoint(IPAddress.Loopback, service.Port));
        await service.DisposeAsync();
    }

    [Fact]
    public async Task If_the_port_is_taken_the_system_chooses_another()
    {
        await using DhtService first = Open();
        await using DhtService second = DhtService.TryOpen(
            new DhtServiceSettings { Binding = new NetworkBinding(IPAddress.Loopback), Port = first.Port })!;

        Assert.NotEqual(first.Port, second.Port);
    }

    [Fact]
    public async Task Both_address_families_share_a_port_and_packets_are_counted()
    {
        await using DhtService both = DhtService.TryOpen(new DhtServiceSettings())!;
        both.Start();
        await using DhtService other = Open($"127.0.0.1:{both.Port}");
        await UntilConnected(other);

        var node = other.Status.Nodes.Single();

        Assert.Equal(AddressFamily.InterNetwork, node.Family);
        Assert.True(
            node is { Good: 1, MessagesSent: > 0, MessagesReceived: > 0 } && node.BytesSent > node.MessagesSent,
            $"{node}");
        Assert.Contains(both.Status.Nodes, end => end.Family == AddressFamily.InterNetwork);
        if (Socket.OSSupportsIPv6)
            Assert.Contains(both.Status.Nodes, end => end.Family == AddressFamily.InterNetworkV6);
    }

    [Fact]
    public async Task Bootstrap_names_are_resolved_and_unresolvable_names_are_ignored()
    {
        await using DhtService middle = Open();
        await using DhtService service = DhtService.TryOpen(new DhtServiceSettings
        {
            Binding = new NetworkBinding(IPAddress.Loopback),
            Bootstrap = ["nowhere.example:1", "no port", ":5", $"there.example:{middle.Port}"],
            Resolve = (host, _) => host == "there.example"
                ? Task.FromResult<IPAddress[]>([IPAddress.IPv6Loopback, IPAddress.Loopback])
                : throw new SocketException((int)SocketError.HostNotFound),
        })!;
        service.Start();

        await UntilConnected(service);
    }

    private static string Name(DhtService service) => $"127.0.0.1:{service.Port}";

    private static DhtService Open(string? bootstrap = null, string? file = null)
    {
        DhtService service = DhtService.TryOpen(new DhtServiceSettings
        {
            Binding = new NetworkBinding(IPAddress.Loopback),
            Bootstrap = bootstrap is null ? [] : [bootstrap],
            TableFile = file,
        })!;
        service.Start();
        return service;
    }

    private async Task<IReadOnlyList<IPEndPoint>> FindAsync(DhtService service)
    {
        var peers = new List<IPEndPoint>();
        await foreach (IReadOnlyList<IPEndPoint> some in service.FindPeersAsync(s_torrent, _limit.Token))
            peers.AddRange(some);
        return peers;
    }

    private async Task UntilConnected(DhtService service)
    {
        while (!service.Status.IsConnected)
            await Task.Delay(20, _limit.Token);
    }
}
