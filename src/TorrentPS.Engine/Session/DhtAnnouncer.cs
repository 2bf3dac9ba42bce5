using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Dht;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Searches the DHT for one torrent's peers, and has others find us there, again and again until it is stopped.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is disposed in StopAsync.")]
internal sealed class DhtAnnouncer
{
    /// <summary>Nodes keep a peer for half an hour or more; announcing twice in that time outlasts a lost packet and nodes that leave.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(15);

    /// <summary>How soon to search again when few were found; doubled each time, up to <see cref="Period"/>.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    /// <summary>Fewer than this are few: they may all be gone.</summary>
    public const int Enough = 10;

    private readonly DhtService _dht;
    private readonly InfoHash _torrent;
    private readonly ushort _port;
    private readonly Func<bool> _isSeed;
    private readonly Action<IReadOnlyList<IPEndPoint>> _found;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <summary>Begins at once.</summary>
    /// <param name="dht">Where.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="port">Our TCP port.</param>
    /// <param name="isSeed">Whether we have everything now; asked for each announce.</param>
    /// <param name="found">Takes peers as they are found; must return at once.</param>
    /// <param name="time">The clock.</param>
    public DhtAnnouncer(
        DhtService dht, InfoHash torrent, ushort port, Func<bool> isSeed, Action<IReadOnlyList<IPEndPoint>> found, TimeProvider time)
    {
        _dht = dht;
        _torrent = torrent;
        _port = port;
        _isSeed = isSeed;
        _found = found;
        _time = time;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Where it searches.</summary>
    public DhtService Dht => _dht;

    /// <summary>Ends it. Nodes that heard of us forget us in time: the DHT has no farewell.</summary>
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
            if (await SearchAsync() < Enough)
            {
                wait = retry;
                retry = retry * 2 < Period ? retry * 2 : Period;
            }

            await Task.Delay(wait, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>How many peers were found.</returns>
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
            // We were stopped, or the DHT was.
        }

        return Volatile.Read(ref count);
    }
}
