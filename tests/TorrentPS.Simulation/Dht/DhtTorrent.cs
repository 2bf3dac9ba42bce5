using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Dht;

/// <summary>A host that announces itself as a torrent's peer.</summary>
/// <param name="machine">The host.</param>
/// <param name="port">The announced TCP port.</param>
internal sealed class DhtPeer(HonestMachine machine, ushort port)
{
    public HonestMachine Machine { get; } = machine;

    public ushort Port { get; } = port;

    /// <summary>The address that a search should find.</summary>
    public IPEndPoint EndPoint { get; } = new(machine.EndPoint.Address, port);

    /// <summary>Whether at least one announce has been accepted.</summary>
    public bool IsAnnounced { get; set; }
}

/// <summary>A torrent and the hosts that announce themselves as its peers.</summary>
/// <param name="hash">The info hash.</param>
internal sealed class DhtTorrent(InfoHash hash)
{
    private readonly List<DhtPeer> _peers = [];

    public InfoHash Hash { get; } = hash;

    public IReadOnlyList<DhtPeer> Peers => _peers;

    public void Add(DhtPeer peer) => _peers.Add(peer);

    public void Remove(DhtMachine machine) => _peers.RemoveAll(peer => peer.Machine == machine);
}
