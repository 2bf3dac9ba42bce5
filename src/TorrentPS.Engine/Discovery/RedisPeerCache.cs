using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// A peer cache that shares peers with other hosts through a Redis server, in addition to a local cache. While the
/// server isn't available, only the local cache is used. The wait before the next attempt to connect doubles with each
/// failure.
/// </summary>
/// <remarks>
/// The peers of a torrent are a hash with the key <c>torrentps:peers:&lt;info hash&gt;</c>. Each peer is a field
/// <c>address:port</c> whose value is the time when the peer last transferred content or accepted a connection, in
/// seconds since 1970, and the peer's rate in bytes/s. With separate fields, several hosts can write at once. A key
/// expires <see cref="PeerCacheEntry.Lifetime"/> after it was last written.
/// </remarks>
internal sealed class RedisPeerCache : IPeerCache
{
    /// <summary>
    /// Maximum number of fields of a hash. A hash with more is reduced to its latest
    /// <see cref="PeerCacheEntry.MaxPeers"/> peers. The limit is twice that number, so that hashes are rarely reduced.
    /// </summary>
    private const long MaxFields = 2 * PeerCacheEntry.MaxPeers;

    /// <summary>
    /// Maximum number of fields of a hash that this cache reads. A hash with more fields was not written by this
    /// program and is deleted.
    /// </summary>
    private const long MaxFieldsRead = RespClient.MaxItems / 2;

    /// <summary>Wait after the first failed command. The wait doubles with each further failure.</summary>
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromSeconds(1);

    /// <summary>Maximum wait after a failed command.</summary>
    private static readonly TimeSpan s_maxRetry = TimeSpan.FromMinutes(5);

    private readonly IPeerCache _local;
    private readonly PeerCacheUri _server;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _writing;
    private readonly PeerCacheQueue _changes = new();

    /// <summary>
    /// The torrents whose keys must be deleted on the server. A deletion that fails is tried again before the next
    /// change is written.
    /// </summary>
    private readonly HashSet<InfoHash> _toRemove = [];

    private RespClient? _client;
    private long? _failedAt;
    private int _failures;
    private volatile DiscoveryStatus _status = new(
        DiscoveryState.Waiting, "The server has not been contacted yet, because no public torrent has run.");

    /// <param name="local">The local cache. This cache disposes it.</param>
    /// <param name="server">The server's address and credentials.</param>
    /// <param name="time">The clock.</param>
    public RedisPeerCache(IPeerCache local, PeerCacheUri server, TimeProvider time)
    {
        _local = local;
        _server = server;
        _time = time;
        _writing = Task.Run(WriteAsync);
    }

    /// <inheritdoc/>
    public DiscoveryStatus Status => _status;

    /// <summary>
    /// Maximum time for one command, including the time to connect. Longer waits have no benefit, because other peer
    /// sources usually find peers within a second.
    /// </summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<CachedPeer>> FindAsync(
        InfoHash torrent, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (IReadOnlyList<CachedPeer> peers in _local.FindAsync(torrent, cancellation))
            yield return peers;
        string key = KeyOf(torrent);
        if (await CountAsync(key, cancellation) > 0
            && await AskAsync(["HGETALL", key], cancellation) is { } fields
            && Read(fields) is { Count: > 0 } shared)
            yield return shared;
    }

    /// <inheritdoc/>
    public void Add(InfoHash torrent, IReadOnlyList<CachedPeer> peers)
    {
        _local.Add(torrent, peers);
        IReadOnlyList<CachedPeer> known = [.. peers.Where(peer => IsKnownElsewhere(peer.EndPoint))];
        if (known.Count > 0)
            _changes.Add(torrent, new PeerCacheEntry { Peers = known });
    }

    /// <inheritdoc/>
    public void Remove(InfoHash torrent)
    {
        _local.Remove(torrent);
        _changes.Remove(torrent);
    }

    /// <summary>
    /// Writes the waiting changes for at most twice <see cref="CommandTimeout"/>. Then closes the connection and
    /// disposes the local cache.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _changes.Complete();

        // Writing the waiting changes takes one command after another. A server that is not available is not waited
        // for.
        _closing.CancelAfter(2 * CommandTimeout);
        await _writing;
        await _closing.CancelAsync();

        // Torrents may still send commands. Taking the semaphore for good makes them fail.
        await _turn.WaitAsync();
        _client?.Dispose();
        await _local.DisposeAsync();
    }

    /// <summary>
    /// Whether other hosts can use a peer's address: it is neither a loopback address nor a link-local IPv6 address.
    /// </summary>
    private static bool IsKnownElsewhere(IPEndPoint peer) =>
        !IPAddress.IsLoopback(peer.Address) && !peer.Address.IsIPv6LinkLocal;

    private static string KeyOf(InfoHash torrent) => $"torrentps:peers:{torrent}";

    private async Task WriteAsync()
    {
        await foreach (PeerCacheChange change in _changes.ReadAllAsync())
        {
            if (change.Added is null)
                _toRemove.Add(change.Torrent);
            foreach (InfoHash torrent in _toRemove.ToArray())
            {
                if (await AskAsync(["DEL", KeyOf(torrent)], CancellationToken.None) is null)
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
        bool isDone = peers.Count > 0
            && await AskAsync(["HSET", key, .. peers.SelectMany(FieldOf)], CancellationToken.None) is not null
            && await AskAsync(["EXPIRE", key, seconds], CancellationToken.None) is not null;
        if (!isDone || await CountAsync(key, CancellationToken.None) <= MaxFields)
            return;
        if (await AskAsync(["HGETALL", key], CancellationToken.None) is not { } all)
            return;
        HashSet<string> kept = [.. Read(all).Select(peer => peer.EndPoint.ToString())];
        IEnumerable<string> dropped = all.Where((_, i) => i % 2 == 0).Where(field => !kept.Contains(field));
        await AskAsync(["HDEL", key, .. dropped], CancellationToken.None);
    }

    /// <summary>
    /// Returns the number of peers stored under a key; zero if the server isn't available. A hash with more than
    /// <see cref="MaxFieldsRead"/> fields is deleted and counts as empty.
    /// </summary>
    private async Task<long> CountAsync(string key, CancellationToken cancellation)
    {
        string? reply = await AskAsync(["HLEN", key], cancellation) is [var only] ? only : null;
        _ = long.TryParse(reply, NumberStyles.None, CultureInfo.InvariantCulture, out long count);
        if (count <= MaxFieldsRead)
            return count;
        await AskAsync(["DEL", key], cancellation);
        return 0;
    }

    private static string[] FieldOf(CachedPeer peer) =>
    [
        peer.EndPoint.ToString(),
        string.Create(CultureInfo.InvariantCulture, $"{peer.LastSeen.ToUnixTimeSeconds()} {peer.Rate}"),
    ];

    /// <summary>
    /// Parses the fields and values of a hash, which alternate in the list. Invalid fields and values are ignored,
    /// because another program may have written them.
    /// </summary>
    private IReadOnlyList<CachedPeer> Read(IReadOnlyList<string> fields)
    {
        var peers = new List<CachedPeer>();
        for (int i = 0; i + 1 < fields.Count; i += 2)
        {
            string[] value = fields[i + 1].Split(' ');
            bool isRight = IPEndPoint.TryParse(fields[i], out IPEndPoint? endPoint) && endPoint.Port > 0
                && IsKnownElsewhere(endPoint) && value.Length == 2;
            if (isRight
                && uint.TryParse(value[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint time)
                && long.TryParse(value[1], NumberStyles.None, CultureInfo.InvariantCulture, out long rate))
                peers.Add(new CachedPeer(endPoint!, DateTimeOffset.FromUnixTimeSeconds(time), rate));
        }

        return PeerCacheEntry.Latest(peers, _time.GetUtcNow());
    }

    /// <summary>
    /// Sends a command to the server and returns the reply. Earlier callers' commands are sent first.
    /// </summary>
    /// <returns>
    /// The reply. Null if the command failed, was cancelled, or was not sent because the wait after an earlier failure
    /// hasn't passed.
    /// </returns>
    private async Task<IReadOnlyList<string>?> AskAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        try
        {
            await _turn.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        try
        {
            return MustWait() ? null : await AskInTurnAsync(command, either.Token);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<IReadOnlyList<string>?> AskInTurnAsync(
        IReadOnlyList<string> command, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(CommandTimeout);
        try
        {
            _client ??= await RespClient.ConnectAsync(_server, limit.Token);
            IReadOnlyList<string> reply = await _client.AskAsync(command, limit.Token);
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
            string why = error is OperationCanceledException ? "The server did not respond in time." : error.Message;
            _status = new DiscoveryStatus(
                DiscoveryState.Failed,
                $"The peer cache at {_server} is not available. {why} Peers are cached on this machine only.");
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
