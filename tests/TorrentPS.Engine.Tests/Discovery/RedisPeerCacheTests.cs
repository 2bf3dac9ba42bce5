using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>Sharing peers through a real Redis server, and going on without it.</summary>
public sealed class RedisPeerCacheTests : IDisposable
{
    private static readonly InfoHash s_torrent = InfoHash.Parse("0123456789abcdef0123456789abcdef01234567");
    private static readonly string s_key = $"torrentps:peers:{s_torrent}";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("torrentps-");
    private readonly FakeTime _time = new();

    public void Dispose() => _root.Delete(recursive: true);

    [FactWithRedis]
    public async Task Peers_added_by_one_host_are_found_by_another_and_expire()
    {
        using RedisServer server = await new RedisServer().StartAsync();
        await using (RedisPeerCache one = Open("one", server.Uri(database: 3)))
            one.Add(s_torrent, [Peer(1), Peer(2)]);

        await using RedisPeerCache other = Open("other", server.Uri(database: 3));
        Assert.Equal([Peer(2), Peer(1)], await FindAsync(other));
        Assert.Equal(DiscoveryState.Running, other.Status.State);
        await using RedisPeerCache elsewhere = Open("elsewhere", server.Uri(database: 4));
        Assert.Empty(await FindAsync(elsewhere));
        Assert.InRange(int.Parse(await AskAsync(server.Uri(database: 3), "TTL", s_key)), 6 * 24 * 3600, 7 * 24 * 3600);
    }

    [FactWithRedis]
    public async Task A_password_is_sent_and_a_wrong_one_is_reported_in_the_status()
    {
        using RedisServer server = await new RedisServer().StartAsync("--requirepass", "s@cret");
        await using (RedisPeerCache right = Open("right", server.Uri(":s%40cret@")))
            right.Add(s_torrent, [Peer(1)]);
        await using RedisPeerCache again = Open("again", server.Uri("default:s%40cret@"));
        Assert.Single(await FindAsync(again));

        await using RedisPeerCache wrong = Open("wrong", server.Uri(":other@"));
        Assert.Empty(await FindAsync(wrong));
        Assert.Equal(DiscoveryState.Failed, wrong.Status.State);
        Assert.DoesNotContain("other", wrong.Status.Reason);
    }

    [FactWithRedis]
    public async Task Without_the_server_the_local_cache_is_used_until_the_server_is_back()
    {
        using var server = new RedisServer();
        await using RedisPeerCache cache = Open("one", server.Uri());
        cache.Add(s_torrent, [Peer(1)]);
        await UntilAsync(async () => (await FindAsync(cache)).Count > 0 && cache.Status.State == DiscoveryState.Failed);
        Assert.Contains("is not available", cache.Status.Reason);

        await server.StartAsync();
        await using RedisPeerCache other = Open("other", server.Uri());
        await UntilAsync(async () =>
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            cache.Add(s_torrent, [Peer(2)]);
            return (await FindAsync(other)).Count > 0;
        });
        Assert.Equal(DiscoveryState.Running, cache.Status.State);

        server.Stop();
        Assert.Equal(2, (await FindAsync(cache)).Count);
        Assert.Equal(DiscoveryState.Failed, cache.Status.State);
    }

    [Fact]
    public async Task A_server_that_does_not_reply_delays_one_command_by_a_second_and_is_then_skipped()
    {
        using var mute = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        mute.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        mute.Listen();
        await using RedisPeerCache cache = Open(
            "one", new Uri($"redis://127.0.0.1:{((IPEndPoint)mute.LocalEndPoint!).Port}"), timeoutSeconds: 1);

        Assert.Empty(await FindAsync(cache));
        Assert.Equal(DiscoveryState.Failed, cache.Status.State);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100; i++)
            Assert.Empty(await FindAsync(cache));

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 1);
    }

    [FactWithRedis]
    public async Task The_number_of_peers_is_limited_and_loopback_addresses_are_not_shared()
    {
        using RedisServer server = await new RedisServer().StartAsync();
        await using (RedisPeerCache cache = Open("one", server.Uri()))
        {
            cache.Add(s_torrent, [new CachedPeer(new IPEndPoint(IPAddress.Loopback, 6881), _time.GetUtcNow(), 1)]);
            for (int i = 0; i < 10; i++)
                cache.Add(s_torrent, [.. Enumerable.Range(i * 50, 50).Select(Peer)]);
        }

        Assert.InRange(int.Parse(await AskAsync(server.Uri(), "HLEN", s_key)), 100, 200);
        await using RedisPeerCache other = Open("other", server.Uri());
        IReadOnlyList<CachedPeer> found = await FindAsync(other);
        Assert.Equal(100, found.Count);
        Assert.DoesNotContain(found, peer => IPAddress.IsLoopback(peer.EndPoint.Address));
    }

    [FactWithRedis]
    public async Task Invalid_fields_are_left_out_and_a_hash_with_too_many_is_deleted()
    {
        using RedisServer server = await new RedisServer().StartAsync();
        long seconds = _time.GetUtcNow().ToUnixTimeSeconds();
        string[] valid = ["10.0.0.2:6881", $"{seconds} 5"];
        string[] invalid =
            ["nonsense", "1 1", "10.0.0.1:6881", "x", "10.0.0.3", $"{seconds} 5", "127.0.0.1:1", $"{seconds} 5"];
        await AskAsync(server.Uri(), ["HSET", s_key, .. invalid, .. valid]);
        await using RedisPeerCache cache = Open("one", server.Uri());
        Assert.Equal(["10.0.0.2:6881"], (await FindAsync(cache)).Select(peer => peer.EndPoint.ToString()));

        await AskAsync(
            server.Uri(), ["HSET", s_key, .. Enumerable.Range(0, 3000).SelectMany(i => new[] { $"f{i}", "v" })]);
        Assert.Empty(await FindAsync(cache));
        Assert.Equal("0", await AskAsync(server.Uri(), "EXISTS", s_key));
        Assert.Equal(DiscoveryState.Running, cache.Status.State);
    }

    [FactWithRedis]
    public async Task A_removed_torrent_is_deleted_on_the_server_too()
    {
        using RedisServer server = await new RedisServer().StartAsync();
        await using (RedisPeerCache cache = Open("one", server.Uri()))
        {
            cache.Add(s_torrent, [Peer(1)]);
            cache.Remove(s_torrent);
        }

        Assert.Equal("0", await AskAsync(server.Uri(), "EXISTS", s_key));
    }

    /// <summary>Tries until it holds, or fails after a time that no machine needs.</summary>
    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "It did not come about.");
            await Task.Delay(10);
        }
    }

    /// <summary>Opens a cache that waits long enough for a server on a busy machine.</summary>
    private RedisPeerCache Open(string host, Uri server, double timeoutSeconds = 15) =>
        new(
            new FilePeerCache(Path.Combine(_root.FullName, host), _time),
            PeerCacheUri.Parse(server),
            NetworkBinding.Any,
            _time)
        {
            CommandTimeout = TimeSpan.FromSeconds(timeoutSeconds),
        };

    private CachedPeer Peer(int number) => new(
        new IPEndPoint(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 6881),
        DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds()),
        number);

    private static async Task<string> AskAsync(Uri server, params string[] command)
    {
        using RespClient client = await RespClient.ConnectAsync(PeerCacheUri.Parse(server), NetworkBinding.Any, default);
        return (await client.SendAsync(command, default))[0];
    }

    private static async Task<IReadOnlyList<CachedPeer>> FindAsync(RedisPeerCache cache)
    {
        var found = new List<CachedPeer>();
        await foreach (IReadOnlyList<CachedPeer> peers in cache.FindAsync(s_torrent, default))
            found.AddRange(peers);
        return found;
    }
}
