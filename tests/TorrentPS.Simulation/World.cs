using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation;

/// <summary>
/// One simulation: machines, a network between them, and one seed from which all chance comes. The same seed and the same machines give
/// the same run, event for event.
/// </summary>
internal sealed class World
{
    private readonly List<Machine> _machines = [];
    private Journal? _journal;

    /// <param name="seed">Where all chance comes from.</param>
    /// <param name="size">The content in bytes.</param>
    /// <param name="pieceLength">Bytes.</param>
    /// <param name="carriesPayload">Whether blocks hold bytes that can be wrong; without, a thousand machines fit into memory.</param>
    public World(int seed, long size, int pieceLength, bool carriesPayload = false)
    {
        Seed = seed;
        Random = new Random(seed);
        Geometry = TorrentGeometry.Continuous(size, pieceLength);
        CarriesPayload = carriesPayload;
        Post = new Post(Time);
        Network = new Network(this);
        Tracker = new Tracker(this);
    }

    public int Seed { get; }

    public Timeline Time { get; } = new();

    public Random Random { get; }

    public TorrentGeometry Geometry { get; }

    public bool CarriesPayload { get; }

    /// <summary>Where blocks without payload come from.</summary>
    public BlockPool SharedBlocks { get; } = BlockPool.WithoutPayload();

    public Post Post { get; }

    public Network Network { get; }

    public Tracker Tracker { get; }

    /// <summary>
    /// How many blocks a connection sends in its turn of a machine's uplink, to be there together. More than one makes a large simulation
    /// faster and its links no less fair over a second. To be set before machines are added.
    /// </summary>
    public int Burst { get; init; } = 1;

    /// <summary>How long a connection lives before the network breaks it, in seconds on average; null is for ever.</summary>
    public double? MeanConnectionLife { get; set; }

    /// <summary>Writes down all that every loop is told; null writes nothing.</summary>
    public Journal? Journal => _journal;

    public IReadOnlyList<Machine> Machines => _machines;

    /// <summary>Writes down from now on all that every loop is told.</summary>
    public Journal Keep(Journal journal)
    {
        journal.Begin(this);
        _journal = journal;
        return journal;
    }

    /// <summary>Adds a machine; it comes at its time.</summary>
    public Machine Add(MachineSettings settings)
    {
        var machine = new Machine(this, settings, _machines.Count + 1);
        _machines.Add(machine);
        Network.Add(machine);
        Time.In(settings.Arrival - Time.Seconds, machine.Arrive);
        return machine;
    }

    /// <summary>Runs until something is so, or a time has come.</summary>
    /// <param name="until">Asked every simulated quarter of a second.</param>
    /// <param name="limit">Seconds since the beginning.</param>
    /// <returns>Whether it became so.</returns>
    public bool Run(Func<bool> until, double limit)
    {
        const double Look = 0.25;
        while (!until())
        {
            if (Time.Seconds >= limit)
                return false;
            Run(Math.Min(limit, Time.Seconds + Look));
        }

        return true;
    }

    /// <summary>Runs until a time.</summary>
    /// <param name="end">Seconds since the beginning.</param>
    public void Run(double end)
    {
        long ticks = Timeline.Ticks(end);
        while (Time.Step(ticks))
        {
            // One thing after the other.
        }
    }
}
