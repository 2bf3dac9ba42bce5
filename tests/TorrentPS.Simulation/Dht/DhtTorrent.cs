using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Dht;

/// <summary>A node that is a torrent's peer.</summary>
/// <param name="machine">The node.</param>
/// <param name="port">The port that it announces.</param>
internal sealed class DhtPeer(HonestMachine machine, ushort port)
{
    public HonestMachine Machine { get; } = machine;

    public ushort Port { get; } = port;

    /// <summary>What a search should find.</summary>
    public IPEndPoint EndPoint { get; } = new(machine.EndPoint.Address, port);

    /// <summary>Whether it has told the network once.</summary>
    public bool IsAnnounced { get; set; }
}

/// <summary>A torrent, and who announces it.</summary>
/// <param name="hash">Its info hash.</param>
internal sealed class DhtTorrent(InfoHash hash)
{
    private readonly List<DhtPeer> _peers = [];

    public InfoHash Hash { get; } = hash;

    public IReadOnlyList<DhtPeer> Peers => _peers;

    public void Add(DhtPeer peer) => _peers.Add(peer);

    public void Remove(DhtMachine machine) => _peers.RemoveAll(peer => peer.Machine == machine);
}
