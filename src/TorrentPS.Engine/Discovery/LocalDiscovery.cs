using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Local service discovery (BEP 14) over IPv4 and IPv6: announces torrents to the local networks and receives the
/// announces of other clients. Thread-safe. Sockets are opened when the first torrent is added.
/// </summary>
internal sealed class LocalDiscovery : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly NetworkBinding _binding;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly string _cookie;
    private readonly LsdSchedule _schedule;
    private readonly LsdRateLimit _rateLimit = new();
    private readonly Dictionary<InfoHash, Action<IReadOnlyList<IPEndPoint>>> _torrents = [];
    private readonly List<MulticastGroup> _groups = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly WaitGroup _tasks = new();
    private readonly ITimer _timer;
    private bool _isOpen;
    private bool _isClosed;

    /// <summary>
    /// Creates the service without opening sockets. Only the networks that <paramref name="binding"/> allows are used.
    /// </summary>
    public LocalDiscovery(NetworkBinding binding, TimeProvider time, Random random)
    {
        _binding = binding;
        _schedule = new LsdSchedule(random);
        _time = time;
        _origin = time.GetTimestamp();
        _cookie = random.NextInt64().ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        _timer = time.CreateTimer(_ => Announce(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Number of running receive loops. It is zero after <see cref="DisposeAsync"/>.</summary>
    public int Running => _tasks.Running;

    /// <summary>The state of local discovery, and the networks to which torrents are announced.</summary>
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
                    .. _groups
                        .SelectMany(group => group.Interfaces)
                        .Select(one => new LocalNetwork(one.Name, one.Address))
                        .OrderBy(network => network.Interface, StringComparer.Ordinal)
                        .ThenBy(network => network.Family),
                ];
                return (StateOf(networks.Length > 0), networks);
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>
    /// Starts to announce a torrent with the TCP port on which the session listens. The torrent must not be private
    /// (BEP 27). Calls <paramref name="found"/> from a receive loop with the peer of each received announce for the
    /// torrent. The callback must return soon and must not throw.
    /// </summary>
    public void Add(InfoHash torrent, ushort port, Action<IReadOnlyList<IPEndPoint>> found)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _torrents[torrent] = found;
            _schedule.Add(torrent, port, Now);

            // The timer opens the sockets, which takes too long for the caller.
            _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    public void Remove(InfoHash torrent)
    {
        lock (_gate)
        {
            _torrents.Remove(torrent);
            _schedule.Remove(torrent);
        }
    }

    /// <summary>Ends the receive loops and closes the sockets.</summary>
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

    private DiscoveryStatus StateOf(bool hasNetworks)
    {
        if (hasNetworks)
            return DiscoveryStatus.Running;
        if (!_isOpen)
            return new DiscoveryStatus(DiscoveryState.Waiting, "The first announce has not been sent yet.");
        return new DiscoveryStatus(
            DiscoveryState.Failed,
            _groups.Count == 0
                ? $"Cannot open UDP port {LsdMessage.Port}."
                : $"No network takes multicast{(_binding.IsBound ? $" from {_binding}" : "")}.");
    }

    private void Open()
    {
        if (_isOpen)
            return;
        _isOpen = true;
        foreach (IPAddress group in new[] { LsdMessage.GroupIPv4, LsdMessage.GroupIPv6 })
        {
            bool isUsed = _binding.Allows(group.AddressFamily)
                && (group.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6);
            if (!isUsed || MulticastGroup.TryOpen(new IPEndPoint(group, LsdMessage.Port), _binding) is not { } opened)
                continue;
            _groups.Add(opened);
            _tasks.Run(() => ListenAsync(opened));
        }
    }

    /// <summary>
    /// Announces the torrents whose scheduled time has come, and sets the timer for the next announce. Reads the list
    /// of network interfaces before announcing, because the interfaces can change.
    /// </summary>
    private void Announce()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            Open();
            IReadOnlyList<(ushort Port, InfoHash Torrent)> announces = _schedule.TakeAnnounces(Now);
            if (announces.Count > 0)
                Send(announces);
            if (_schedule.NextAnnounce is { } next)
                _timer.Change(next > Now ? next - Now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void Send(IReadOnlyList<(ushort Port, InfoHash Torrent)> announces)
    {
        IReadOnlyList<MulticastInterface> interfaces = MulticastInterfaces.Find(_binding);
        foreach (MulticastGroup group in _groups)
            group.Use(interfaces);
        foreach (var ofPort in announces.GroupBy(one => one.Port, one => one.Torrent))
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
                OnPacket(buffer.AsSpan(0, length), from);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The socket was closed or failed. The other peer sources continue.
        }
    }

    private void OnPacket(ReadOnlySpan<byte> packet, IPEndPoint from)
    {
        var found = new List<Action<IReadOnlyList<IPEndPoint>>>();
        LsdMessage? message;
        lock (_gate)
        {
            if (_isClosed || !_rateLimit.Accepts(from.Address, Now))
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
