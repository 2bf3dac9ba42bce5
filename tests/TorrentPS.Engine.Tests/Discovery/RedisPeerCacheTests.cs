using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>Hosts share what they found through a real Redis server, and do without it while it is away.</summary>
public sealed class RedisPeerCacheTests : IDisposable
{
    private static readonly InfoHash s_torrent = InfoHash.Parse("0123456789abcdef0123456789abcdef01234567");
    private static readonly string s_key = $"torrentps:peers:{s_torrent}";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("torrentps-");
    private readonly FakeTime _time = new();

    public void Dispose() => _root.Delete(recursive: true);

    [FactWithRedis]
    public async Task What_one_host_remembers_another_finds_and_it_expires_by_itself()
    {
        using RedisServer server = await new RedisServer().StartAsync();
        await using (RedisPeerCache one = Open("one", server.Uri(database: 3)))
            one.Remember(s_torrent, [Peer(1), Peer(2)]);

        await using RedisPeerCache other = Open("other", server.Uri(database: 3));
        Assert.Equal([Peer(2), Peer(1)], await FindAsync(other));
        Assert.Equal(DiscoveryState.Running, other.Status.State);
        await using RedisPeerCache elsewhere = Open("elsewhere", server.Uri(database: 4));
        Assert.Empty(await FindAsync(elsewhere));
        Assert.InRange(int.Parse(await AskAsync(server.Uri(database: 3), "TTL", s_key)), 6 * 24 * 3600, 7 * 24 * 3600);
    }

    [FactWithRedis]
    public async Task A_password_is_given_and_a_wrong_one_is_told_once_without_a_failure()
    {
        using RedisServer server = await new RedisServer().StartAsync("--requirepass", "s@cret");
        await using (RedisPeerCache right = Open("right", server.Uri(":s%40cret@")))
            right.Remember(s_torrent, [Peer(1)]);
        await using RedisPeerCache again = Open("again", server.Uri("default:s%40cret@"));
        Assert.Single(await FindAsync(again));

        await using RedisPeerCache wrong = Open("wrong", server.Uri(":other@"));
        Assert.Empty(await FindAsync(wrong));
        Assert.Equal(DiscoveryState.Failed, wrong.Status.State);
        Assert.DoesNotContain("other", wrong.Status.Reason);
    }

    [FactWithRedis]
    public async Task While_the_server_is_away_the_local_cache_serves_and_later_the_server_again()
    {
        using var server = new RedisServer();
        await using RedisPeerCache cache = Open("one", server.Uri());
        cache.Remember(s_torrent, [Peer(1)]);
        await UntilAsync(async () => (await FindAsync(cache)).Count > 0 && cache.Status.State == DiscoveryState.Failed);
        Assert.Contains("can't be used", cache.Status.Reason);

        await server.StartAsync();
        await using RedisPeerCache other = Open("other", server.Uri());
        await UntilAsync(async () =>
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            cache.Remember(s_torrent, [Peer(2)]);
            return (await FindAsync(other)).Count > 0;
        });
        Assert.Equal(DiscoveryState.Running, cache.Status.State);

        server.Stop();
        Assert.Equal(2, (await FindAsync(cache)).Count);
        Assert.Equal(DiscoveryState.Failed, cache.Status.State);
    }

    [Fact]
    public async Task A_server_that_says_nothing_costs_a_second_once_and_then_nothing_for_a_while()
    {
        using var mute = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        mute.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        mute.Listen();
        await using RedisPeerCache cache = Open("one", new Uri($"redis://127.0.0.1:{((IPEndPoint)mute.LocalEndPoint!).Port}"));

        Assert.Empty(await FindAsync(cache));
        Assert.Equal(DiscoveryState.Failed, cache.Status.State);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100; i++)
            Assert.Empty(await FindAsync(cache));

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 1);
    }

    [FactWithRedis]
    public async Task A_torrents_peers_stay_bounded_and_loopback_is_not_shared()
    {
        using RedisServer server = await new RedisServer().StartAsync();
        await using (RedisPeerCache cache = Open("one", server.Uri()))
        {
            cache.Remember(s_torrent, [new CachedPeer(new IPEndPoint(IPAddress.Loopback, 6881), _time.GetUtcNow(), 1)]);
            for (int i = 0; i < 10; i++)
                cache.Remember(s_torrent, [.. Enumerable.Range(i * 50, 50).Select(Peer)]);
        }

        Assert.InRange(int.Parse(await AskAsync(server.Uri(), "HLEN", s_key)), 100, 200);
        await using RedisPeerCache other = Open("other", server.Uri());
        IReadOnlyList<CachedPeer> found = await FindAsync(other);
        Assert.Equal(100, found.Count);
        Assert.DoesNotContain(found, peer => IPAddress.IsLoopback(peer.EndPoint.Address));
    }

    [FactWithRedis]
    public async Task What_others_wrote_wrongly_is_left_out_and_far_too_much_is_dropped()
    {
        using RedisServer server = await new RedisServer().StartAsync();
        long seconds = _time.GetUtcNow().ToUnixTimeSeconds();
        await AskAsync(server.Uri(), "HSET", s_key, "nonsense", "1 1", "10.0.0.1:6881", "x", "10.0.0.2:6881", $"{seconds} 5", "10.0.0.3", $"{seconds} 5", "127.0.0.1:1", $"{seconds} 5");
        await using RedisPeerCache cache = Open("one", server.Uri());
        Assert.Equal(["10.0.0.2:6881"], (await FindAsync(cache)).Select(peer => peer.EndPoint.ToString()));

        await AskAsync(server.Uri(), ["HSET", s_key, .. Enumerable.Range(0, 3000).SelectMany(i => new[] { $"f{i}", "v" })]);
        Assert.Empty(await FindAsync(cache));
        Assert.Equal("0", await AskAsync(server.Uri(), "EXISTS", s_key));
        Assert.Equal(DiscoveryState.Running, cache.Status.State);
    }

    [FactWithRedis]
    public async Task What_is_to_be_forgotten_is_forgotten_there_too()
    {
        using RedisServer server = await new RedisServer().StartAsync();
        await using (RedisPeerCache cache = Open("one", server.Uri()))
        {
            cache.Remember(s_torrent, [Peer(1)]);
            cache.Forget(s_torrent);
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

    private RedisPeerCache Open(string host, Uri server) =>
        new(new FilePeerCache(Path.Combine(_root.FullName, host), _time), PeerCacheUri.Parse(server), _time);

    private CachedPeer Peer(int number) => new(
        new IPEndPoint(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 6881),
        DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds()),
        number);

    private static async Task<string> AskAsync(Uri server, params string[] command)
    {
        using RespClient client = await RespClient.ConnectAsync(PeerCacheUri.Parse(server), default);
        return (await client.AskAsync(command, default))[0];
    }

    private static async Task<IReadOnlyList<CachedPeer>> FindAsync(RedisPeerCache cache)
    {
        var found = new List<CachedPeer>();
        await foreach (IReadOnlyList<CachedPeer> peers in cache.FindAsync(s_torrent, default))
            found.AddRange(peers);
        return found;
    }
}
