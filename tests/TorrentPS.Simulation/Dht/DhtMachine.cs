using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Dht;

/// <summary>One host of a simulated DHT.</summary>
internal abstract class DhtMachine(DhtWorld world, int number, IPEndPoint endPoint)
{
    public int Number { get; } = number;

    public IPEndPoint EndPoint { get; } = endPoint;

    public bool IsAlive { get; set; } = true;

    /// <summary>The host's index in <see cref="DhtWorld.Alive"/>.</summary>
    public int Place { get; set; }

    protected DhtWorld World { get; } = world;

    /// <summary>Joins the network with the addresses of some nodes.</summary>
    public abstract void Join(IReadOnlyList<IPEndPoint> known);

    public abstract void Receive(ReadOnlySpan<byte> packet, IPEndPoint from);

    public abstract void Tick();
}

/// <summary>A host that runs the product's <see cref="DhtNode"/>.</summary>
internal sealed class HonestMachine : DhtMachine, IPacketSender
{
    public HonestMachine(DhtWorld world, int number, IPEndPoint endPoint, Random random)
        : base(world, number, endPoint) =>
        Node = new DhtNode(new DhtNodeSettings(), AddressFamily.InterNetwork, world.Time, random, this);

    public DhtNode Node { get; }

    /// <inheritdoc/>
    public override void Join(IReadOnlyList<IPEndPoint> known)
    {
        foreach (IPEndPoint node in known)
            Node.AddNode(node);
    }

    /// <inheritdoc/>
    public override void Receive(ReadOnlySpan<byte> packet, IPEndPoint from) => Node.Receive(packet, from);

    /// <inheritdoc/>
    public override void Tick() => Node.Tick();

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        if (IsAlive)
            World.Send(this, packet, to);
    }

    /// <summary>Announces the host as a torrent's peer.</summary>
    public void Announce(InfoHash torrent, ushort port, Action done) =>
        Node.FindPeers(torrent, port, impliedPort: false, isSeed: false, _ => { }, outcome =>
        {
            if (outcome.Stored > 0)
                done();
        });

    /// <summary>Searches for a torrent's peers.</summary>
    public void Find(InfoHash torrent, Action<IReadOnlyList<IPEndPoint>> found, Action<LookupOutcome> done) =>
        Node.FindPeers(torrent, null, impliedPort: false, isSeed: false, found, done);
}
