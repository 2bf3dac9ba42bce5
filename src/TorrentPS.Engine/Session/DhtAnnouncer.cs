using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Dht;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Periodically searches the DHT for a torrent's peers and announces this client, until stopped.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "StopAsync disposes the cancellation token source.")]
internal sealed class DhtAnnouncer
{
    /// <summary>
    /// Time between announces. DHT nodes keep an announced peer for 30 minutes or more, so this client remains listed
    /// even if one announce is lost.
    /// </summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Time from the first search that finds fewer than <see cref="EnoughPeers"/> peers to the next search. The time
    /// doubles after each such search, up to <see cref="Period"/>. A search that finds enough peers does not reset
    /// the time to this value.
    /// </summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    /// <summary>
    /// If a search finds at least this number of peers, the next search starts after <see cref="Period"/>. Otherwise it
    /// starts earlier (<see cref="FirstRetry"/>), because some found peers are usually offline.
    /// </summary>
    public const int EnoughPeers = 10;

    private readonly DhtService _dht;
    private readonly InfoHash _torrent;
    private readonly ushort _port;
    private readonly Func<bool> _isSeed;
    private readonly Action<IReadOnlyList<IPEndPoint>> _found;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <summary>Creates the announcer and starts the first search at once.</summary>
    /// <param name="dht">The DHT service that runs the searches.</param>
    /// <param name="torrent">The torrent's info hash.</param>
    /// <param name="port">This client's TCP port, which is announced.</param>
    /// <param name="isSeed">Returns whether this client is a seed. It is called for each announce.</param>
    /// <param name="found">Called with each group of peers that the running search finds. It must not block.</param>
    /// <param name="time">The clock.</param>
    public DhtAnnouncer(
        DhtService dht,
        InfoHash torrent,
        ushort port,
        Func<bool> isSeed,
        Action<IReadOnlyList<IPEndPoint>> found,
        TimeProvider time)
    {
        _dht = dht;
        _torrent = torrent;
        _port = port;
        _isSeed = isSeed;
        _found = found;
        _time = time;
        _loop = Task.Run(RunAsync);
    }

    public DhtService Dht => _dht;

    /// <summary>
    /// Stops the searches, and completes when none is running. The announce is not withdrawn, because BEP 5 has no
    /// query for that. DHT nodes drop it when it expires.
    /// </summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        TimeSpan retry = FirstRetry;
        while (!_stop.IsCancellationRequested)
        {
            TimeSpan wait = Period;
            if (await SearchAsync() < EnoughPeers)
            {
                wait = retry;
                retry = retry * 2 < Period ? retry * 2 : Period;
            }

            await Task.Delay(wait, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Searches for peers and announces this client, once.</summary>
    /// <returns>Number of peers that DHT nodes returned until the search ended or was stopped.</returns>
    private async Task<int> SearchAsync()
    {
        int count = 0;
        try
        {
            await _dht.AnnounceAsync(
                _torrent,
                _port,
                _isSeed(),
                peers =>
                {
                    Interlocked.Add(ref count, peers.Count);
                    _found(peers);
                },
                _stop.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The announcer or the DHT was stopped.
        }

        return Volatile.Read(ref count);
    }
}
