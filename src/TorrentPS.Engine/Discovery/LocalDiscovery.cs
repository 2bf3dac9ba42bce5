using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Tells the local networks which torrents are here, and hears which are elsewhere (BEP 14), over IPv4 and IPv6. Thread-safe. No socket
/// is open while there is no torrent.
/// </summary>
internal sealed class LocalDiscovery : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly IPAddress? _bindAddress;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly string _cookie;
    private readonly LsdSchedule _schedule;
    private readonly LsdRateLimit _intake = new();
    private readonly Dictionary<InfoHash, Action<IReadOnlyList<IPEndPoint>>> _torrents = [];
    private readonly List<MulticastGroup> _groups = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly WaitGroup _tasks = new();
    private readonly ITimer _timer;
    private bool _isOpen;
    private bool _isClosed;

    /// <param name="bindAddress">The only local address to use, or null for all.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">For the cookie and the schedule; touched by one thread at a time.</param>
    public LocalDiscovery(IPAddress? bindAddress, TimeProvider time, Random random)
    {
        _bindAddress = bindAddress;
        _schedule = new LsdSchedule(random);
        _time = time;
        _origin = time.GetTimestamp();
        _cookie = random.NextInt64().ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        _timer = time.CreateTimer(_ => Announce(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many pumps run: none once closed.</summary>
    public int Running => _tasks.Running;

    /// <summary>How it stands, and where it is heard.</summary>
    public (DiscoveryStatus State, IReadOnlyList<LocalNetwork> Networks) Status
    {
        get
        {
            lock (_gate)
            {
                if (_torrents.Count == 0)
                    return (DiscoveryStatus.Idle, []);
                LocalNetwork[] networks =
                [
                    .. _groups.SelectMany(group => group.Interfaces).Select(one => new LocalNetwork(one.Name, one.Address))
                        .OrderBy(network => network.Interface, StringComparer.Ordinal).ThenBy(network => network.Family),
                ];
                return (StateOf(networks.Length > 0), networks);
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Announces a torrent from now on, and listens for it.</summary>
    /// <param name="torrent">The torrent; never a private one.</param>
    /// <param name="port">Where its peers are awaited.</param>
    /// <param name="found">Called with what is heard, from a pump: must return soon and not throw.</param>
    public void Add(InfoHash torrent, ushort port, Action<IReadOnlyList<IPEndPoint>> found)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _torrents[torrent] = found;
            _schedule.Add(torrent, port, Now);

            // Sockets and interfaces take their time; the caller need not.
            _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Announces a torrent no more, and does not listen for it.</summary>
    public void Remove(InfoHash torrent)
    {
        lock (_gate)
        {
            _torrents.Remove(torrent);
            _schedule.Remove(torrent);
        }
    }

    /// <summary>Closes the sockets; ends when the pumps have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            _torrents.Clear();
        }

        await _timer.DisposeAsync();
        await _closing.CancelAsync();
        await _tasks.WhenIdleAsync();
        lock (_gate)
            _groups.ForEach(group => group.Dispose());
        _closing.Dispose();
    }

    private DiscoveryStatus StateOf(bool isHeard)
    {
        if (isHeard)
            return DiscoveryStatus.Running;
        if (!_isOpen)
            return new DiscoveryStatus(DiscoveryState.Waiting, "The first announcement is on its way.");
        return new DiscoveryStatus(
            DiscoveryState.Failed,
            _groups.Count == 0
                ? $"UDP port {LsdMessage.Port} can't be opened."
                : $"No network takes multicast{(_bindAddress is null ? "" : $" from {_bindAddress}")}.");
    }

    private void Open()
    {
        if (_isOpen)
            return;
        _isOpen = true;
        foreach (IPAddress group in new[] { LsdMessage.GroupIPv4, LsdMessage.GroupIPv6 })
        {
            bool isUsed = _bindAddress is null
                ? group.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6
                : group.AddressFamily == _bindAddress.AddressFamily;
            if (!isUsed || MulticastGroup.TryOpen(new IPEndPoint(group, LsdMessage.Port)) is not { } opened)
                continue;
            _groups.Add(opened);
            _tasks.Run(() => ListenAsync(opened));
        }
    }

    /// <summary>Sends what is due. The interfaces are looked at anew each time: networks come and go.</summary>
    private void Announce()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            Open();
            IReadOnlyList<(ushort Port, InfoHash Torrent)> due = _schedule.TakeDue(Now);
            if (due.Count > 0)
                Send(due);
            if (_schedule.NextDue is { } next)
                _timer.Change(next > Now ? next - Now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void Send(IReadOnlyList<(ushort Port, InfoHash Torrent)> due)
    {
        IReadOnlyList<MulticastInterface> interfaces = MulticastInterfaces.Find(_bindAddress);
        foreach (MulticastGroup group in _groups)
            group.Use(interfaces);
        foreach (var ofPort in due.GroupBy(one => one.Port, one => one.Torrent))
        {
            foreach (InfoHash[] some in ofPort.Chunk(LsdMessage.MaxInfoHashes))
            {
                var message = new LsdMessage { PeerPort = ofPort.Key, InfoHashes = some, Cookie = _cookie };
                foreach (MulticastGroup group in _groups)
                    group.Send(message.Encode(group.Address));
            }
        }
    }

    private async Task ListenAsync(MulticastGroup group)
    {
        byte[] buffer = new byte[LsdMessage.MaxLength];
        try
        {
            while (true)
            {
                (int length, IPEndPoint from) = await group.ReceiveAsync(buffer, _closing.Token);
                Hear(buffer.AsSpan(0, length), from);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Closed, or the network stack gave up: the other ways of finding peers go on.
        }
    }

    private void Hear(ReadOnlySpan<byte> packet, IPEndPoint from)
    {
        var found = new List<Action<IReadOnlyList<IPEndPoint>>>();
        LsdMessage? message;
        lock (_gate)
        {
            if (_isClosed || !_intake.Heeds(from.Address, Now))
                return;
            message = LsdMessage.TryParse(packet);
            if (message is null || message.Cookie == _cookie)
                return;
            foreach (InfoHash torrent in message.InfoHashes.Distinct())
            {
                if (_torrents.TryGetValue(torrent, out Action<IReadOnlyList<IPEndPoint>>? one))
                    found.Add(one);
            }
        }

        IPEndPoint[] peers = [new IPEndPoint(from.Address, message.PeerPort)];
        found.ForEach(one => one(peers));
    }
}
