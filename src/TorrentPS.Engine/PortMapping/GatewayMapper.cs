using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Maps ports at one gateway. Tries PCP, then NAT-PMP, then UPnP, and keeps the first protocol by which a port was
/// mapped. It uses no socket and no clock: the caller passes answers and the current time to it.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="link">Sends requests to the gateway.</param>
/// <param name="random">Source of random external ports.</param>
/// <param name="report">Adds an event to the session's event log.</param>
internal sealed class GatewayMapper(
    Gateway gateway, IGatewayLink link, Random random, Action<SessionEventKind, string> report)
{
    /// <summary>
    /// Time until the protocols are tried again after all of them failed. It doubles with each further failure.
    /// </summary>
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromMinutes(5);

    /// <summary>Maximum time until the protocols are tried again after all of them failed.</summary>
    private static readonly TimeSpan s_maxRetry = TimeSpan.FromHours(1);

    /// <summary>The protocols in the order in which they are tried. At an IPv6 gateway, only PCP is tried.</summary>
    private readonly PortMappingProtocol[] _protocols = gateway.Address.AddressFamily == AddressFamily.InterNetworkV6
        ? [PortMappingProtocol.Pcp]
        : [PortMappingProtocol.Pcp, PortMappingProtocol.NatPmp, PortMappingProtocol.Upnp];

    private readonly List<string> _failures = [];
    private readonly HashSet<LocalPort> _reported = [];
    private IReadOnlyList<LocalPort> _ports = [];
    private ProtocolMapper? _current;
    private int _index;
    private TimeSpan _retryAt;
    private TimeSpan _retryWait = s_firstRetry;
    private string? _failure;

    public Gateway Gateway => gateway;

    /// <summary>The protocol by which a port is mapped; null if no port is mapped.</summary>
    public PortMappingProtocol? Protocol => MappedEntries.Any() ? _protocols[_index] : null;

    public IPAddress? ExternalAddress => Protocol is null ? null : _current!.ExternalAddress;

    public IEnumerable<PortEntry> MappedEntries =>
        _current?.Entries.Where(entry => entry.IsMapped && !entry.IsRemoving) ?? [];

    /// <summary>
    /// Why a port is not mapped; null if all ports are mapped, or if the gateway has not answered yet.
    /// </summary>
    public string? Failure => _failure
        ?? _current?.Entries.Select(entry => entry.Failure).FirstOrDefault(reason => reason is not null);

    /// <summary>Whether no mapping is left at the gateway, and none is requested.</summary>
    public bool IsReleased => _ports.Count == 0 && _current is null or { Entries.Count: 0 };

    /// <summary>Time of the next <see cref="Tick"/>; null if none is needed.</summary>
    public TimeSpan? NextTick => _current is not null ? _current.NextTick : _ports.Count > 0 ? _retryAt : null;

    /// <summary>Maps the given ports, and removes the mappings of all other ports.</summary>
    public void Use(IReadOnlyList<LocalPort> ports, TimeSpan now)
    {
        _ports = ports;
        _current?.Use(ports, now);
        Tick(now);
    }

    public void Tick(TimeSpan now)
    {
        if (_current is null && _ports.Count > 0 && now >= _retryAt)
            Begin(0, now);
        _current?.Tick(now);
        Follow(now);
    }

    public void OnDatagram(ReadOnlySpan<byte> packet, TimeSpan now)
    {
        _current?.OnDatagram(packet, now);
        Tick(now);
    }

    public void OnUnreachable(TimeSpan now)
    {
        _current?.OnUnreachable();
        Follow(now);
    }

    public void OnSearchResponse(Uri location) => _current?.OnSearchResponse(location);

    public void OnDescription(ReadOnlyMemory<byte>? description, Uri location, TimeSpan now)
    {
        _current?.OnDescription(description, location, now);
        Follow(now);
    }

    public void OnReply(UpnpReply? reply, TimeSpan now)
    {
        _current?.OnReply(reply, now);
        Follow(now);
    }

    private void Begin(int index, TimeSpan now)
    {
        if (index == 0)
            _failures.Clear();
        _index = index;
        _current = _protocols[index] is var protocol && protocol == PortMappingProtocol.Upnp
            ? new UpnpMapper(gateway, link, random)
            : new DatagramMapper(DatagramFormat.Of(protocol, gateway.LocalAddress), link, random);
        _current.Use(_ports, now);
    }

    /// <summary>Reports new mappings. If the current protocol has failed, begins the next one.</summary>
    private void Follow(TimeSpan now)
    {
        while (_current is { Failure: { } reason })
        {
            _failures.Add($"{GatewayStatus.NameOf(_protocols[_index])}: {reason}");
            _reported.Clear();
            if (_index + 1 < _protocols.Length)
            {
                Begin(_index + 1, now);
                _current.Tick(now);
            }
            else
            {
                Fail(now);
            }
        }

        foreach (PortEntry entry in MappedEntries)
        {
            if (_reported.Add(entry.Local))
                ReportMapped(entry);
        }

        _reported.RemoveWhere(port => !MappedEntries.Any(entry => entry.Local == port));
    }

    private void Fail(TimeSpan now)
    {
        string failure = string.Join(" ", _failures);
        if (_failure != failure)
            report(SessionEventKind.PortMappingFailed, $"No port was mapped at gateway {gateway.Address}. {failure}");
        (_failure, _current) = (failure, null);
        _retryAt = now + _retryWait;
        _retryWait = _retryWait * 2 < s_maxRetry ? _retryWait * 2 : s_maxRetry;
    }

    private void ReportMapped(PortEntry entry)
    {
        (_failure, _retryWait) = (null, s_firstRetry);
        report(
            SessionEventKind.PortMapped,
            $"Gateway {gateway.Address} forwards its {GatewayStatus.NameOf(entry.Local.Transport)} port "
            + $"{entry.ExternalPort} to port {entry.Local.Port} ({GatewayStatus.NameOf(_protocols[_index])}).");
    }
}
