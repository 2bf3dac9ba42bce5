using System.Net;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Maps the session's ports at the gateways of this machine's networks. When the gateways change, maps the ports at the
/// new ones. Thread-safe. Nothing is sent before the first call of <see cref="Use"/>.
/// </summary>
internal sealed class PortMapper : IAsyncDisposable
{
    /// <summary>
    /// Interval at which the list of gateways is read from the system. When this machine moves to another network, its
    /// ports are requested there after at most this time.
    /// </summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum time for which <see cref="DisposeAsync"/> waits until the gateways have removed the mappings. Gateways
    /// answer within a second.
    /// </summary>
    private static readonly TimeSpan s_releaseTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly NetworkBinding _binding;
    private readonly TimeProvider _time;
    private readonly Action<SessionEventKind, string> _report;
    private readonly Action<IPAddress, IPAddress?> _addressFound;
    private readonly Func<NetworkBinding, IReadOnlyList<Gateway>> _find;
    private readonly ITimer _timer;
    private readonly Dictionary<Gateway, GatewayClient> _clients = [];
    private readonly List<Task> _removed = [];
    private IReadOnlyList<LocalPort> _ports = [];
    private bool _hasSearched;
    private bool _isClosed;

    /// <param name="binding">The binding of the session. Only its interfaces are used.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Receives events for the session's event log.</param>
    /// <param name="addressFound">
    /// Receives a gateway's address and its external address when the latter changes; null when it is not known.
    /// </param>
    /// <param name="find">Finds the gateways; null to read those of the system.</param>
    public PortMapper(
        NetworkBinding binding,
        TimeProvider time,
        Action<SessionEventKind, string> report,
        Action<IPAddress, IPAddress?> addressFound,
        Func<NetworkBinding, IReadOnlyList<Gateway>>? find = null)
    {
        _binding = binding;
        _time = time;
        _report = report;
        _addressFound = addressFound;
        _find = find ?? Gateway.Find;
        _timer = time.CreateTimer(_ => FindGateways(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The state of port mapping, and the status of each gateway.</summary>
    public (DiscoveryStatus State, IReadOnlyList<GatewayStatus> Gateways) Status
    {
        get
        {
            lock (_gate)
            {
                if (_ports.Count == 0)
                    return (DiscoveryStatus.NoTorrent, []);
                GatewayStatus[] gateways = [.. _clients.Values.Select(client => client.Status)];
                return (StateOf(gateways), gateways);
            }
        }
    }

    /// <summary>Maps the given ports, and removes the mappings of all other ports. Returns at once.</summary>
    public void Use(IReadOnlyList<LocalPort> ports)
    {
        lock (_gate)
        {
            if (_isClosed || ports.SequenceEqual(_ports))
                return;
            _ports = ports;
            foreach (GatewayClient client in _clients.Values)
                client.Use(ports);

            // The callback of the timer finds the gateways, because the caller must not wait for that.
            _timer.Change(
                ports.Count > 0 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan,
                ports.Count > 0 ? s_interval : Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Replaces all sockets. Called when the interface or address to which they are bound was replaced.
    /// </summary>
    public void Rebind()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            foreach (Gateway gateway in _clients.Keys.ToArray())
                Remove(gateway);
            if (_ports.Count > 0)
                _timer.Change(TimeSpan.Zero, s_interval);
        }
    }

    /// <summary>Removes the mappings at the gateways, and closes the sockets.</summary>
    public async ValueTask DisposeAsync()
    {
        GatewayClient[] clients;
        lock (_gate)
        {
            _isClosed = true;
            clients = [.. _clients.Values];
        }

        await _timer.DisposeAsync();
        try
        {
            await Task.WhenAll(clients.Select(client => client.ReleaseAsync())).WaitAsync(s_releaseTimeout, _time);
        }
        catch (TimeoutException)
        {
            // Mappings that a gateway has not removed expire there.
        }

        await Task.WhenAll([.. clients.Select(client => client.DisposeAsync().AsTask()), .. _removed]);
    }

    private DiscoveryStatus StateOf(GatewayStatus[] gateways)
    {
        if (Array.Exists(gateways, gateway => gateway.Ports.Count > 0))
            return DiscoveryStatus.Running;
        if (gateways.Length == 0)
        {
            return _hasSearched
                ? new DiscoveryStatus(
                    DiscoveryState.Idle, "This machine has no gateway in a network with private addresses.")
                : new DiscoveryStatus(DiscoveryState.Waiting, "The gateways have not been read yet.");
        }

        return Array.TrueForAll(gateways, gateway => gateway.Failure is not null)
            ? new DiscoveryStatus(DiscoveryState.Failed, gateways[0].Failure)
            : new DiscoveryStatus(DiscoveryState.Waiting, "No gateway has answered yet.");
    }

    private void FindGateways()
    {
        IReadOnlyList<Gateway> found = _find(_binding);
        lock (_gate)
        {
            if (_isClosed)
                return;
            _hasSearched = true;
            foreach (Gateway gateway in _clients.Keys.Except(found).ToArray())
                Remove(gateway);
            foreach (Gateway gateway in found)
            {
                if (_clients.ContainsKey(gateway))
                    continue;
                var client = new GatewayClient(gateway, _binding, _time, _report, _addressFound);
                _clients.Add(gateway, client);
                client.Use(_ports);
            }
        }
    }

    /// <summary>Removes a gateway that can no longer be reached, and closes its sockets.</summary>
    private void Remove(Gateway gateway)
    {
        if (!_clients.Remove(gateway, out GatewayClient? client))
            return;
        _removed.RemoveAll(task => task.IsCompleted);
        _removed.Add(client.DisposeAsync().AsTask());
    }
}
