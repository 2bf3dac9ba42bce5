using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>Measures how close a flash crowd of equal leeches with one seed comes to the fluid bound.</summary>
internal sealed class Efficiency : IScenario
{
    private const int Leeches = 1000;
    private const long Size = 256L << 20;
    private const int PieceLength = 256 * 1024;
    private const int MaxPeers = 18;

    /// <summary>Blocks sent per turn of an uplink: one piece, a quarter of a second of a leech's uplink.</summary>
    private const int Burst = 16;

    /// <summary>Seconds within which all leeches arrive.</summary>
    private const double Rush = 10;

    private const double GiveUp = 3000;

    private static readonly Access s_leech = Access.Megabits(8, 80);
    private static readonly Access s_seed = Access.Megabits(80, 80);

    public string Name => "efficiency";

    public string Question =>
        "A flash crowd of 1,000 equal leeches and one seed: how near to the fluid bound, and how full are the uplinks?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        var world = new World(seed, Size, PieceLength) { Burst = Burst };
        world.Add(new MachineSettings { Name = "seed", Access = s_seed, IsSeed = true, MaxPeers = 200 });
        Machine[] crowd = [.. Enumerable.Range(0, Leeches).Select(_ => world.Add(new MachineSettings
        {
            Access = s_leech,
            Arrival = Rush * world.Random.NextDouble(),
            MaxPeers = MaxPeers,
        }))];
        var watch = new Watch(world, progress);
        world.Run(() => watch.Look() && crowd.All(machine => machine.CompletedAt is not null), GiveUp);

        double last = crowd.Max(machine => machine.CompletedAt ?? double.NaN);
        double mean = crowd.Average(machine => machine.CompletedAt ?? double.NaN);
        double bound = FluidBound(Size, Leeches);
        double use = crowd.Sum(machine => (double)machine.Uplink.Sent) / (Leeches * s_leech.Up * last);
        return new ScenarioResult(Name, seed, new DetailTable([], []), [
            new Figure("overBound", "last completion over the fluid bound", last / bound, Goal.AtMost(1.25)),
            new Figure(
                "uplinkUse", "mean use of the leeches' uplinks until the last completion", use, Goal.AtLeast(0.9)),
            new Figure("lastCompletion", "last completion, s", last),
            new Figure("meanCompletion", "mean completion, s", mean),
            new Figure("fluidBound", "fluid bound, s", bound),
            new Figure(
                "wasted",
                "bytes received and not needed, share of the content",
                crowd.Sum(machine => (double)machine.Status.Wasted) / Leeches / Size),
        ]);
    }

    /// <summary>
    /// Computes the shortest possible completion time in seconds: the seed must send everything once, the slowest leech
    /// must receive it, and all must upload the total (Kumar and Ross 2006).
    /// </summary>
    private static double FluidBound(double size, int leeches) => Math.Max(
        Math.Max(size / s_seed.Up, size / s_leech.Down), leeches * size / (s_seed.Up + (leeches * s_leech.Up)));
}
