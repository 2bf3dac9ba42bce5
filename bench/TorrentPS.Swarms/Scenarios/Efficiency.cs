using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>A flash crowd: many equal leeches come to one seed within seconds. How near to the fluid bound does the last one finish?</summary>
internal sealed class Efficiency(int leeches = 1000, long size = 256L << 20, int pieceLength = 256 * 1024) : IScenario
{
    private const double LeechUp = 8, LeechDown = 80, SeedUp = 80;

    public string Name => "efficiency";

    public string Question => "How near to the fluid bound does a flash crowd of 1,000 leeches and one seed finish, and how full are its uplinks?";

    public ScenarioResult Run(int seed)
    {
        var world = new World(seed, size, pieceLength);
        Machine source = world.Add(new MachineSettings { Name = "seed", Access = Access.Megabits(SeedUp, SeedUp), IsSeed = true });
        var crowd = new List<Machine>();
        for (int i = 0; i < leeches; i++)
            crowd.Add(world.Add(new MachineSettings { Access = Access.Megabits(LeechUp, LeechDown), Arrival = 10 * world.Random.NextDouble(), MaxPeers = 40 }));
        bool verbose = Environment.GetEnvironmentVariable("V") is not null;
        double next = 0;
        world.Run(() =>
        {
            if (verbose && world.Time.Seconds >= next)
            {
                next += 20;
                double up = crowd.Sum(m => (double)m.Uplink.BusyTime);
                Console.Error.WriteLine($"{world.Time.Seconds:0} busy {up / world.Time.Now / leeches:0.000} seed {(double)source.Uplink.BusyTime / world.Time.Now:0.00} progress {crowd.Average(m => m.Status.Progress):0.0} min {crowd.Min(m => m.Status.Progress):0} done {crowd.Count(m => m.CompletedAt != null)} peers {crowd.Average(m => m.Status.Peers):0.0} waste {crowd.Sum(m => m.Status.Wasted) / 1e6:0.0} MB events {world.Time.Happened} mem {GC.GetTotalMemory(false) >> 20}");
            }
            return crowd.All(machine => machine.CompletedAt is not null);
        }, limit: 3000);
        double last = crowd.Max(machine => machine.CompletedAt ?? double.NaN);
        double up = Access.Megabits(LeechUp, LeechDown).Up, seedUp = Access.Megabits(SeedUp, SeedUp).Up, down = Access.Megabits(LeechUp, LeechDown).Down;
        double bound = Math.Max(Math.Max(size / seedUp, size / down), leeches * (double)size / (seedUp + (leeches * up)));
        double use = crowd.Sum(m => m.Uplink.Sent) / (leeches * up * last);
        return new ScenarioResult(Name, seed, new DetailTable([], []), [
            new Figure("overBound", "last completion over the fluid bound", last / bound, Goal.AtMost(1.25)),
            new Figure("uplinkUse", "mean use of the leeches' uplinks until then", use, Goal.AtLeast(0.9)),
            new Figure("lastCompletion", "last completion, s", last),
            new Figure("bound", "fluid bound, s", bound),
        ]);
    }
}
