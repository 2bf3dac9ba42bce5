using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation;

/// <summary>
/// A simulated swarm: machines, the network between them, and one seed for all randomness. The same seed and machines
/// give the same run, event for event.
/// </summary>
internal sealed class World
{
    private readonly List<Machine> _machines = [];
    private Journal? _journal;

    /// <param name="seed">The seed of all randomness.</param>
    /// <param name="size">The size of the content in bytes.</param>
    /// <param name="pieceLength">The piece length in bytes.</param>
    /// <param name="carriesPayload">Whether blocks have contents, so that corrupt blocks can be simulated. Without
    /// contents, a thousand machines fit into memory.</param>
    public World(int seed, long size, int pieceLength, bool carriesPayload = false)
    {
        Seed = seed;
        Random = new Random(seed);
        Geometry = TorrentGeometry.Continuous(size, pieceLength);
        CarriesPayload = carriesPayload;
        Transit = new Transit(Time);
        Network = new Network(this);
        Tracker = new Tracker(this);
    }

    public int Seed { get; }

    public Timeline Time { get; } = new();

    public Random Random { get; }

    public TorrentGeometry Geometry { get; }

    public bool CarriesPayload { get; }

    /// <summary>The pool of blocks without contents, shared by all machines.</summary>
    public BlockPool SharedBlocks { get; } = BlockPool.WithoutPayload();

    public Transit Transit { get; }

    public Network Network { get; }

    public Tracker Tracker { get; }

    /// <summary>
    /// Number of blocks that a connection sends in its turn of a machine's uplink; they arrive together. Values above 1
    /// speed up large simulations, and links remain fair over a second. Set it before adding machines.
    /// </summary>
    public int Burst { get; init; } = 1;

    /// <summary>Mean seconds until the network breaks a connection; null for never.</summary>
    public double? MeanConnectionLife { get; set; }

    /// <summary>The journal that records all events; null if none is kept.</summary>
    public Journal? Journal => _journal;

    public IReadOnlyList<Machine> Machines => _machines;

    /// <summary>Starts recording all events.</summary>
    public Journal Record(Journal journal)
    {
        journal.Begin(this);
        _journal = journal;
        return journal;
    }

    /// <summary>Adds a machine. It joins the swarm at its arrival time.</summary>
    public Machine Add(MachineSettings settings)
    {
        var machine = new Machine(this, settings, _machines.Count + 1);
        _machines.Add(machine);
        Network.Add(machine);
        Time.In(settings.Arrival - Time.Seconds, machine.Arrive);
        return machine;
    }

    /// <summary>Runs until a condition is true or a time is reached.</summary>
    /// <param name="until">The condition, evaluated every 0.25 simulated seconds.</param>
    /// <param name="limit">The time in seconds since the start.</param>
    /// <returns>Whether the condition became true.</returns>
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
    /// <param name="end">The time in seconds since the start.</param>
    public void Run(double end)
    {
        long ticks = Timeline.Ticks(end);
        while (Time.Step(ticks))
        {
            // Each step executes one event.
        }
    }
}
