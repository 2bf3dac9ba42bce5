using System.Net;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Dht;

/// <summary>
/// Many DHT nodes in virtual time: the product's own node cores, with a network between them that delays and loses packets, and lives
/// that end. The same seed gives the same run, packet for packet.
/// </summary>
internal sealed class DhtWorld
{
    /// <summary>How often a node is told that time has passed, as the product does.</summary>
    private const double TickPeriod = 0.1;

    /// <summary>Nodes get their ticks in so many groups, one after the other, so that they don't act in step.</summary>
    private const int TickGroups = 20;

    /// <summary>How long nodes get to know each other before the first announces itself, in seconds.</summary>
    private const double SettlingTime = 30;

    /// <summary>How long a node that came later waits for the same.</summary>
    private const double Acquaintance = 10;

    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <summary>How many living nodes a newcomer is told of, as by a bootstrap list.</summary>
    private const int Introductions = 3;

    private readonly Dictionary<NodeAddress, DhtMachine> _byAddress = [];
    private readonly List<DhtMachine> _alive = [];
    private readonly Random _random;
    private readonly ulong _pairKey;
    private int _count;
    private bool _placesAreDealt;

    public DhtWorld(int seed, DhtWorldSettings settings)
    {
        Seed = seed;
        Settings = settings;
        _random = new Random(seed);
        _pairKey = (ulong)_random.NextInt64();
        Torrents = [.. Enumerable.Range(0, settings.Torrents).Select(_ => new DhtTorrent(NewHash()))];
        for (int i = 0; i < settings.Nodes; i++)
            Time.In(settings.Arrival * i / settings.Nodes, Arrive);
        Time.In(settings.Arrival + SettlingTime, DealPlaces);
        for (int group = 0; group < TickGroups; group++)
            BeginTicks(group);
    }

    public int Seed { get; }

    public DhtWorldSettings Settings { get; }

    public Timeline Time { get; } = new();

    public IReadOnlyList<DhtTorrent> Torrents { get; }

    /// <summary>The nodes that live now, in no order of meaning, but in the same for the same seed.</summary>
    public IReadOnlyList<DhtMachine> Alive => _alive;

    /// <summary>How many nodes have gone.</summary>
    public int Gone { get; private set; }

    /// <summary>Packets sent.</summary>
    public long Packets { get; private set; }

    /// <summary>A digest of all packets: two runs of one seed have the same.</summary>
    public ulong Digest { get; private set; } = FnvOffset;

    /// <summary>Runs until a time in seconds.</summary>
    public void Run(double end)
    {
        long ticks = Timeline.Ticks(end);
        while (Time.Step(ticks))
        {
            // One thing after the other.
        }
    }

    /// <summary>Any living node that means well.</summary>
    public HonestMachine AnyHonest()
    {
        while (true)
        {
            if (_alive[_random.Next(_alive.Count)] is HonestMachine honest)
                return honest;
        }
    }

    /// <summary>Any living node.</summary>
    public DhtMachine Any() => _alive[_random.Next(_alive.Count)];

    public InfoHash NewHash()
    {
        byte[] bytes = new byte[InfoHash.Length];
        _random.NextBytes(bytes);
        return new InfoHash(bytes);
    }

    /// <summary>Sends a packet on its way, which may not end.</summary>
    public void Send(DhtMachine from, ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        Packets++;
        Note(from, packet);
        if (_random.NextDouble() < Settings.Loss)
            return;
        byte[] copy = packet.ToArray();
        Time.At(Time.Now + Timeline.Ticks(LatencyBetween(from.EndPoint, to)), new Delivery(this, copy, from.EndPoint, to));
    }

    private void Arrive()
    {
        bool isHostile = _random.NextDouble() < Settings.HostileShare;
        int number = _count++;
        IPEndPoint endPoint = NewAddress();
        var random = new Random(_random.Next());
        DhtMachine machine = isHostile
            ? new HostileMachine(this, number, endPoint, random, (Malice)(number % 3))
            : new HonestMachine(this, number, endPoint, random);
        IPEndPoint[] known = [.. Enumerable.Range(0, _alive.Count == 0 ? 0 : Introductions).Select(_ => Any().EndPoint).Distinct()];
        machine.Place = _alive.Count;
        _alive.Add(machine);
        _byAddress.Add(new NodeAddress(endPoint), machine);
        machine.Join(known);
        Time.In(-Math.Log(1 - _random.NextDouble()) * Settings.MeanLife, () => Leave(machine));
        if (machine is HonestMachine honest && _placesAreDealt)
            FillPlace(honest);
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

    private void DealPlaces()
    {
        _placesAreDealt = true;
        foreach (DhtTorrent torrent in Torrents)
        {
            while (torrent.Peers.Count < Settings.PeersPerTorrent)
                Give(torrent, AnyHonest(), 0);
        }
    }

    /// <summary>Each torrent keeps its number of peers: who comes takes an empty place.</summary>
    private void FillPlace(HonestMachine machine)
    {
        DhtTorrent[] lacking = [.. Torrents.Where(torrent => torrent.Peers.Count < Settings.PeersPerTorrent)];
        if (lacking.Length > 0)
            Give(lacking[_random.Next(lacking.Length)], machine, Acquaintance);
    }

    private void Give(DhtTorrent torrent, HonestMachine machine, double wait)
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
        // Public ones, each in a network of its own, so that rules that go by address hold here as they do outside.
        while (true)
        {
            byte[] bytes = [(byte)_random.Next(20, 100), (byte)_random.Next(256), (byte)_random.Next(256), (byte)_random.Next(1, 255)];
            var endPoint = new IPEndPoint(new IPAddress(bytes), _random.Next(1024, 65536));
            if (!_byAddress.ContainsKey(new NodeAddress(endPoint)))
                return endPoint;
        }
    }

    /// <summary>Each pair has its own distance, the same both ways; each packet takes a tenth more or less.</summary>
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

    private void Note(DhtMachine from, ReadOnlySpan<byte> packet)
    {
        ulong digest = (Digest ^ (ulong)Time.Now) * FnvPrime;
        digest = (digest ^ (ulong)from.Number) * FnvPrime;
        foreach (byte b in packet)
            digest = (digest ^ b) * FnvPrime;
        Digest = digest;
    }

    private sealed class Delivery(DhtWorld world, byte[] packet, IPEndPoint from, IPEndPoint to) : Occurrence
    {
        public override void Happen() => world.Deliver(packet, from, to);
    }
}
