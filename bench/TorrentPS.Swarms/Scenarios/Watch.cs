using TorrentPS.Simulation;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>Tells how a run goes, every so many simulated seconds.</summary>
internal sealed class Watch(World world, TextWriter? writer, double period = 20)
{
    private double _next;

    /// <summary>Looks; always true, so that it can stand in a condition.</summary>
    public bool Look()
    {
        if (writer is null || world.Time.Seconds < _next)
            return true;
        _next = world.Time.Seconds + period;
        Machine[] leeches = [.. world.Machines.Where(machine => !machine.IsSeed)];
        double busy = leeches.Average(machine => machine.Uplink.BusyTime / Math.Max(1.0, world.Time.Now));
        double progress = leeches.Average(machine => machine.Status.Progress);
        writer.WriteLine(FormattableString.Invariant(
            $"{world.Time.Seconds:0} s: uplinks {busy:0.00}, progress {progress:0.0} %, complete {leeches.Count(machine => machine.CompletedAt is not null)}, {world.Time.Happened / 1e6:0.0} M events, {GC.GetTotalMemory(false) >> 20} MiB"));
        return true;
    }
}
