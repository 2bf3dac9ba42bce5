using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Dht;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Periodically searches the DHT for a torrent's peers and announces this client, until stopped.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is disposed in StopAsync.")]
internal sealed class DhtAnnouncer
{
    /// <summary>
    /// Time between announces. Nodes keep a peer for 30 minutes or more, so one lost announce does not remove this
    /// client.
    /// </summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Time until the next search after one that found few peers. Doubled each time, up to <see cref="Period"/>.
    /// </summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Number of found peers below which the next search is a retry. Some of the found peers are usually gone.
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

    /// <summary>Starts the first search at once.</summary>
    /// <param name="dht">The DHT.</param>
    /// <param name="torrent">The torrent's info hash.</param>
    /// <param name="port">This client's TCP port.</param>
    /// <param name="isSeed">Returns whether this client is a seed. Called for each announce.</param>
    /// <param name="found">Receives peers as they are found. Must not block.</param>
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

    /// <summary>The DHT in which this announcer searches.</summary>
    public DhtService Dht => _dht;

    /// <summary>
    /// Stops the searches. Nodes drop this client's announce when it expires: BEP 5 has no query to withdraw it.
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

    /// <summary>Runs one search with announce.</summary>
    /// <returns>The number of peers found.</returns>
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
