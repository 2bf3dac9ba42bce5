using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// A peer cache that shares peers with other hosts through a Redis server, in addition to a local cache. While the
/// server is not available, only the local cache is used. After a failed command, no commands are sent for some time,
/// which doubles with each further failure.
/// </summary>
/// <remarks>
/// The peers of a torrent are a Redis hash with the key <c>torrentps:peers:&lt;info hash&gt;</c>. Each peer is a field
/// <c>address:port</c>. The value of the field is the time when the peer last transferred content or accepted a
/// connection, in seconds since 1970, and the peer's rate in bytes/s. With separate fields, several hosts can write at
/// the same time. A key expires <see cref="PeerCacheEntry.Lifetime"/> after it was last written.
/// </remarks>
internal sealed class RedisPeerCache : IPeerCache
{
    /// <summary>
    /// Maximum number of fields, which are peers, in the Redis hash of a torrent. A Redis hash with more fields is
    /// reduced to its latest <see cref="PeerCacheEntry.MaxPeers"/> peers. The maximum is twice that number, so that
    /// this happens rarely.
    /// </summary>
    private const long MaxFields = 2 * PeerCacheEntry.MaxPeers;

    /// <summary>
    /// Maximum number of fields in a Redis hash that this cache reads. A Redis hash with more fields was not written by
    /// this program and is deleted.
    /// </summary>
    private const long MaxFieldsRead = RespClient.MaxItems / 2;

    /// <summary>Wait after the first failed command. The wait doubles with each further failure.</summary>
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_maxRetry = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Default of <see cref="CommandTimeout"/> without TLS. Longer waits have no benefit, because other peer sources
    /// usually find peers within a second.
    /// </summary>
    private static readonly TimeSpan s_commandTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Default of <see cref="CommandTimeout"/> with TLS. The TLS handshake adds up to two round trips, and the check of
    /// the first certificate in a process reads all certificates that the system trusts.
    /// </summary>
    private static readonly TimeSpan s_tlsCommandTimeout = TimeSpan.FromSeconds(3);

    private readonly IPeerCache _local;
    private readonly PeerCacheUri _server;
    private readonly NetworkBinding _binding;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _commandLock = new(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _writing;
    private readonly PeerCacheQueue _changes = new();

    /// <summary>
    /// The torrents whose keys must be deleted on the server. A failed deletion is repeated before the next change is
    /// written.
    /// </summary>
    private readonly HashSet<InfoHash> _toRemove = [];

    private RespClient? _client;

    /// <summary>The scope of the server's address; null before the first connection.</summary>
    private AddressScope? _serverScope;
    private long? _failedAt;
    private int _failures;
    private volatile DiscoveryStatus _status = new(
        DiscoveryState.Waiting, "The server has not been contacted yet, because no public torrent has run.");

    /// <summary>Creates the cache and takes ownership of the local cache.</summary>
    public RedisPeerCache(IPeerCache local, PeerCacheUri server, NetworkBinding binding, TimeProvider time)
    {
        _local = local;
        _server = server;
        _binding = binding;
        _time = time;
        CommandTimeout = server.UsesTls ? s_tlsCommandTimeout : s_commandTimeout;
        _writing = Task.Run(WriteAsync);
    }

    /// <inheritdoc/>
    public DiscoveryStatus Status => _status;

    /// <summary>Maximum time for one command, including the time to connect.</summary>
    public TimeSpan CommandTimeout { get; init; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<CachedPeer>> FindAsync(
        InfoHash torrent, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (IReadOnlyList<CachedPeer> peers in _local.FindAsync(torrent, cancellation))
            yield return peers;
        string key = KeyOf(torrent);
        if (await CountAsync(key, cancellation) > 0
            && await SendAsync(["HGETALL", key], cancellation) is { } fields
            && Read(fields) is { Count: > 0 } shared)
            yield return shared;
    }

    /// <inheritdoc/>
    public void Add(InfoHash torrent, IReadOnlyList<CachedPeer> peers)
    {
        _local.Add(torrent, peers);
        IReadOnlyList<CachedPeer> reachable = [.. peers.Where(peer => IsReachableByOthers(peer.EndPoint))];
        if (reachable.Count > 0)
            _changes.Add(torrent, new PeerCacheEntry { Peers = reachable });
    }

    /// <inheritdoc/>
    public void Remove(InfoHash torrent)
    {
        _local.Remove(torrent);
        _changes.Remove(torrent);
    }

    /// <summary>
    /// Writes the waiting changes, closes the connection and disposes the local cache. Changes that have not been
    /// written after two command timeouts (<see cref="CommandTimeout"/>) are lost.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _changes.Complete();

        // Bounds the wait for a slow server.
        _closing.CancelAfter(2 * CommandTimeout);
        await _writing;
        await _closing.CancelAsync();

        // Torrents may still send commands. These fail, because the semaphore is never released again.
        await _commandLock.WaitAsync();
        _client?.Dispose();
        await _local.DisposeAsync();
    }

    /// <summary>
    /// Whether other hosts can reach a peer's address. They cannot reach a loopback or link-local address.
    /// </summary>
    private static bool IsReachableByOthers(IPEndPoint peer) =>
        AddressScopes.Of(peer.Address) > AddressScope.Link;

    private static string KeyOf(InfoHash torrent) => $"torrentps:peers:{torrent}";

    private async Task WriteAsync()
    {
        await foreach (PeerCacheChange change in _changes.ReadAllAsync())
        {
            if (change.Added is null)
                _toRemove.Add(change.Torrent);
            foreach (InfoHash torrent in _toRemove.ToArray())
            {
                if (await SendAsync(["DEL", KeyOf(torrent)], CancellationToken.None) is null)
                    break;
                _toRemove.Remove(torrent);
            }

            if (change.Added is { } added)
                await WriteAsync(KeyOf(change.Torrent), PeerCacheEntry.Latest(added.Peers, _time.GetUtcNow()));
        }
    }

    private async Task WriteAsync(string key, IReadOnlyList<CachedPeer> peers)
    {
        string seconds = ((long)PeerCacheEntry.Lifetime.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        bool isWritten = peers.Count > 0
            && await SendAsync(["HSET", key, .. peers.SelectMany(FieldOf)], CancellationToken.None) is not null
            && await SendAsync(["EXPIRE", key, seconds], CancellationToken.None) is not null;
        if (!isWritten || await CountAsync(key, CancellationToken.None) <= MaxFields)
            return;
        if (await SendAsync(["HGETALL", key], CancellationToken.None) is not { } all)
            return;
        HashSet<string> kept = [.. Read(all).Select(peer => peer.EndPoint.ToString())];
        IEnumerable<string> dropped = all.Where((_, i) => i % 2 == 0).Where(field => !kept.Contains(field));
        await SendAsync(["HDEL", key, .. dropped], CancellationToken.None);
    }

    /// <summary>
    /// Returns the number of fields in a Redis hash, or zero if the server is not available. If there are more than
    /// <see cref="MaxFieldsRead"/> fields, deletes the Redis hash and returns zero.
    /// </summary>
    private async Task<long> CountAsync(string key, CancellationToken cancellation)
    {
        string? reply = await SendAsync(["HLEN", key], cancellation) is [var only] ? only : null;
        _ = long.TryParse(reply, NumberStyles.None, CultureInfo.InvariantCulture, out long count);
        if (count <= MaxFieldsRead)
            return count;
        await SendAsync(["DEL", key], cancellation);
        return 0;
    }

    private static string[] FieldOf(CachedPeer peer) =>
    [
        peer.EndPoint.ToString(),
        string.Create(CultureInfo.InvariantCulture, $"{peer.LastSeen.ToUnixTimeSeconds()} {peer.Rate}"),
    ];

    /// <summary>
    /// Returns the peers whose addresses are accepted from a server. Other hosts must be able to reach the address, and
    /// its scope must be at least as wide as the scope of the server's own address.
    /// </summary>
    internal static IEnumerable<CachedPeer> Judge(IReadOnlyList<CachedPeer> peers, AddressScope server) =>
        peers.Where(peer => peer.EndPoint.Port > 0
            && IsReachableByOthers(peer.EndPoint)
            && AddressScopes.CanPass(AddressScopes.Of(peer.EndPoint.Address), server));

    /// <summary>
    /// Parses the fields and values of a Redis hash, which alternate in the list. Skips invalid fields and values,
    /// because other programs may have written them.
    /// </summary>
    private IReadOnlyList<CachedPeer> Read(IReadOnlyList<string> fields)
    {
        var peers = new List<CachedPeer>();
        for (int i = 0; i + 1 < fields.Count; i += 2)
        {
            if (IPEndPoint.TryParse(fields[i], out IPEndPoint? endPoint)
                && fields[i + 1].Split(' ') is [var seconds, var speed]
                && uint.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out uint time)
                && long.TryParse(speed, NumberStyles.None, CultureInfo.InvariantCulture, out long rate))
                peers.Add(new CachedPeer(endPoint.Unmap(), DateTimeOffset.FromUnixTimeSeconds(time), rate));
        }

        return PeerCacheEntry.Latest(Judge(peers, _serverScope ?? AddressScope.Global), _time.GetUtcNow());
    }

    /// <summary>
    /// Sends a command to the server and returns the reply. Waits until the commands of earlier callers have ended.
    /// </summary>
    /// <returns>
    /// The reply. Null if the command failed or was cancelled, or if it was not sent because a command failed shortly
    /// before.
    /// </returns>
    private async Task<IReadOnlyList<string>?> SendAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        try
        {
            await _commandLock.WaitAsync(linked.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        try
        {
            return MustWait() ? null : await SendLockedAsync(command, linked.Token);
        }
        finally
        {
            _commandLock.Release();
        }
    }

    private async Task<IReadOnlyList<string>?> SendLockedAsync(
        IReadOnlyList<string> command, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(CommandTimeout);
        try
        {
            if (_client is null)
            {
                _client = await RespClient.ConnectAsync(_server, _binding, limit.Token);
                _serverScope = AddressScopes.Of(_client.ServerAddress!);
            }

            IReadOnlyList<string> reply = await _client.SendAsync(command, limit.Token);
            (_failures, _failedAt, _status) = (0, null, DiscoveryStatus.Running);
            return reply;
        }
        catch (Exception error)
            when (error is SocketException or IOException or RespException or OperationCanceledException)
        {
            _client?.Dispose();
            _client = null;
            if (cancellation.IsCancellationRequested)
                return null;
            _failures++;
            _failedAt = _time.GetTimestamp();
            string reason = error is OperationCanceledException ? "The server did not respond in time."
                : _server.HideIn(error.Message);
            _status = new DiscoveryStatus(
                DiscoveryState.Failed,
                $"The peer cache at {_server} is not available. {reason} Peers are cached on this machine only.");
            return null;
        }
    }

    private bool MustWait()
    {
        if (_failedAt is not { } failed)
            return false;
        TimeSpan wait = s_firstRetry * Math.Pow(2, Math.Min(_failures - 1, 16));
        return _time.GetElapsedTime(failed) < (wait < s_maxRetry ? wait : s_maxRetry);
    }
}
