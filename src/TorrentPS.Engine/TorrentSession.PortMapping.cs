using TorrentPS.Engine.PortMapping;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine;

/// <content>The ports that gateways are asked to map.</content>
public sealed partial class TorrentSession
{
    private (DiscoveryStatus State, IReadOnlyList<GatewayStatus> Gateways) PortMappingStatus =>
        !Settings.EnablePortMapping
            ? (DiscoveryStatus.Off, [])
            : _resources?.PortMapper.Status ?? (DiscoveryStatus.NoTorrent, []);

    /// <summary>
    /// Requests mappings of the ports on which this session accepts packets from the internet: the TCP port for peers,
    /// and the UDP port of the DHT. Does nothing if the ports have not changed.
    /// </summary>
    private void MapPorts()
    {
        if (_resources is not { } resources)
            return;
        var ports = new List<LocalPort>();
        if (Settings.EnablePortMapping && _listener is { } listener)
        {
            ports.Add(new LocalPort(MappedTransport.Tcp, (ushort)listener.Port));
            if (resources.PeerSources.Dht is { } dht)
                ports.Add(new LocalPort(MappedTransport.Udp, (ushort)dht.Port));
        }

        resources.PortMapper.Use(ports);
    }
}
