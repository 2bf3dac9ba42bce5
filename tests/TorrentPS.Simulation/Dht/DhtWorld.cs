using System.Net;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Dht;

/// <summary>
/// A simulated DHT in virtual time: hosts that run the product's nodes, on a network with latency and packet loss, with
/// hosts that leave and are replaced. The same seed gives the same run, packet for packet.
/// </summary>
internal sealed class DhtWorld
{
    /// <summary>Seconds between ticks of a node, as in the product.</summary>
    private const double TickPeriod = 0.1;

    /// <summary>Number of groups of nodes with different tick times, so that nodes do not act in step.</summary>
    private const int TickGroups = 20;

    /// <summary>Seconds from the last arrival to the first announce, in which the routing tables fill.</summary>
    private const double SettlingTime = 30;

    /// <summary>Seconds from a later host's arrival to its first announce.</summary>
    private const double JoinTime = 10;

    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <summary>Number of living nodes that a new host knows, as from a bootstrap list.</summary>
    private const int Introductions = 3;

    private readonly Dictionary<NodeAddress, DhtMachine> _byAddress = [];
    private readonly List<DhtMachine> _alive = [];
    private readonly Random _random;
    private readonly ulong _pairKey;
    private int _count;
    private bool _peersAreAssigned;

    public DhtWorld(int seed, DhtWorldSettings settings)
    {
        Seed = seed;
        Settings = settings;
        _random = new Random(seed);
        _pairKey = (ulong)_random.NextInt64();
        Torrents = [.. Enumerable.Range(0, settings.Torrents).Select(_ => new DhtTorrent(NewHash()))];
        for (int i = 0; i < settings.Nodes; i++)
            Time.In(settings.Arrival * i / settings.Nodes, Arrive);
        Time.In(settings.Arrival + SettlingTime, AssignPeers);
        for (int group = 0; group < TickGroups; group++)
            BeginTicks(group);
    }

    public int Seed { get; }

    public DhtWorldSettings Settings { get; }

    public Timeline Time { get; } = new();

    public IReadOnlyList<DhtTorrent> Torrents { get; }

    /// <summary>The living hosts, in an order that depends only on the seed.</summary>
    public IReadOnlyList<DhtMachine> Alive => _alive;

    /// <summary>Number of hosts that have left.</summary>
    public int Gone { get; private set; }

    /// <summary>Number of packets sent.</summary>
    public long Packets { get; private set; }

    /// <summary>A digest of all packets. It is equal for runs with the same seed.</summary>
    public ulong Digest { get; private set; } = FnvOffset;

    /// <summary>Runs until a time in seconds.</summary>
    public void Run(double end)
    {
        long ticks = Timeline.Ticks(end);
        while (Time.Step(ticks))
        {
            // Each step executes one event.
        }
    }

    /// <summary>Returns a random living host that is not hostile.</summary>
    public HonestMachine AnyHonest()
    {
        while (true)
        {
            if (_alive[_random.Next(_alive.Count)] is HonestMachine honest)
                return honest;
        }
    }

    /// <summary>Returns a random living host.</summary>
    public DhtMachine Any() => _alive[_random.Next(_alive.Count)];

    public InfoHash NewHash()
    {
        byte[] bytes = new byte[InfoHash.Length];
        _random.NextBytes(bytes);
        return new InfoHash(bytes);
    }

    /// <summary>Sends a packet, which may be lost.</summary>
    public void Send(DhtMachine from, ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        Packets++;
        UpdateDigest(from, packet);
        if (_random.NextDouble() < Settings.Loss)
            return;
        byte[] copy = packet.ToArray();
        Time.At(
            Time.Now + Timeline.Ticks(LatencyBetween(from.EndPoint, to)), new Delivery(this, copy, from.EndPoint, to));
    }

    private void Arrive()
    {
        bool isHostile = _random.NextDouble() < Settings.HostileShare;
        int number = _count++;
        IPEndPoint endPoint = NewAddress();
        var random = new Random(_random.Next());
        DhtMachine machine = isHostile
            ? new HostileMachine(this, number, endPoint, random, (HostileBehaviour)(number % 3))
            : new HonestMachine(this, number, endPoint, random);
        IPEndPoint[] known = [
            .. Enumerable.Range(0, _alive.Count == 0 ? 0 : Introductions).Select(_ => Any().EndPoint).Distinct()
        ];
        machine.Place = _alive.Count;
        _alive.Add(machine);
        _byAddress.Add(new NodeAddress(endPoint), machine);
        machine.Join(known);
        Time.In(-Math.Log(1 - _random.NextDouble()) * Settings.MeanLife, () => Leave(machine));
        if (machine is HonestMachine honest && _peersAreAssigned)
            AssignTorrent(honest);
    }

    private void Leave(DhtMachine machine)
    {
        Gone++;
        machine.IsAlive = false;
        _byAddress.Remove(new NodeAddress(machine.EndPoint));
        DhtMachine last = _alive[^1];
        _alive[machine.Place] = last;
        last.Place = machine.Place;
        _alive.RemoveAt(_alive.Count - 1);
        foreach (DhtTorrent torrent in Torrents)
            torrent.Remove(machine);
        Arrive();
    }

    private void AssignPeers()
    {
        _peersAreAssigned = true;
        foreach (DhtTorrent torrent in Torrents)
        {
            while (torrent.Peers.Count < Settings.PeersPerTorrent)
                AddPeer(torrent, AnyHonest(), 0);
        }
    }

    /// <summary>
    /// Assigns a new host to a torrent that lacks peers, so that torrents keep their number of peers.
    /// </summary>
    private void AssignTorrent(HonestMachine machine)
    {
        DhtTorrent[] lacking = [.. Torrents.Where(torrent => torrent.Peers.Count < Settings.PeersPerTorrent)];
        if (lacking.Length > 0)
            AddPeer(lacking[_random.Next(lacking.Length)], machine, JoinTime);
    }

    private void AddPeer(DhtTorrent torrent, HonestMachine machine, double wait)
    {
        var peer = new DhtPeer(machine, (ushort)_random.Next(1024, 65536));
        torrent.Add(peer);
        Time.In(wait, () => Announce(torrent, peer));
    }

    private void Announce(DhtTorrent torrent, DhtPeer peer)
    {
        if (!peer.Machine.IsAlive)
            return;
        peer.Machine.Announce(torrent.Hash, peer.Port, () => peer.IsAnnounced = true);
        Time.In(Settings.AnnouncePeriod, () => Announce(torrent, peer));
    }

    private void BeginTicks(int group)
    {
        void Tick()
        {
            for (int i = group; i < _alive.Count; i += TickGroups)
                _alive[i].Tick();
            Time.In(TickPeriod, Tick);
        }

        Time.In(TickPeriod * group / TickGroups, Tick);
    }

    private IPEndPoint NewAddress()
    {
        while (true)
        {
            // Uses public addresses, mostly in different networks, so that the rules for public addresses apply.
            byte[] bytes = [
                (byte)_random.Next(20, 100),
                (byte)_random.Next(256),
                (byte)_random.Next(256),
                (byte)_random.Next(1, 255),
            ];
            var endPoint = new IPEndPoint(new IPAddress(bytes), _random.Next(1024, 65536));
            if (!_byAddress.ContainsKey(new NodeAddress(endPoint)))
                return endPoint;
        }
    }

    /// <summary>
    /// Returns the latency between two hosts: a fixed value for each pair, the same in both directions, varied by up to
    /// 10 % for each packet.
    /// </summary>
    private double LatencyBetween(IPEndPoint from, IPEndPoint to)
    {
        ulong pair = new NodeAddress(from).Hash(_pairKey) ^ new NodeAddress(to).Hash(_pairKey);
        double where = (pair >> 11) / (double)(1UL << 53);
        (double least, double most) = Settings.Latency;
        return Math.Clamp((least + ((most - least) * where)) * (0.9 + (0.2 * _random.NextDouble())), least, most);
    }

    private void Deliver(byte[] packet, IPEndPoint from, IPEndPoint to)
    {
        if (_byAddress.TryGetValue(new NodeAddress(to), out DhtMachine? machine))
            machine.Receive(packet, from);
    }

    private void UpdateDigest(DhtMachine from, ReadOnlySpan<byte> packet)
    {
        ulong digest = (Digest ^ (ulong)Time.Now) * FnvPrime;
        digest = (digest ^ (ulong)from.Number) * FnvPrime;
        foreach (byte b in packet)
            digest = (digest ^ b) * FnvPrime;
        Digest = digest;
    }

    private sealed class Delivery(DhtWorld world, byte[] packet, IPEndPoint from, IPEndPoint to) : ScheduledEvent
    {
        public override void Execute() => world.Deliver(packet, from, to);
    }
}
