using TorrentPS.Simulation;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>Reports the progress of a simulation periodically.</summary>
internal sealed class Watch(World world, TextWriter? writer, double period = 20)
{
    private double _next;

    /// <summary>Reports the progress if due. Always returns true, for use in a condition.</summary>
    public bool Look()
    {
        if (writer is null || world.Time.Seconds < _next)
            return true;
        _next = world.Time.Seconds + period;
        Machine[] leeches = [.. world.Machines.Where(machine => !machine.IsSeed)];
        double busy = leeches.Average(machine => machine.Uplink.BusyTime / Math.Max(1.0, world.Time.Now));
        double progress = leeches.Average(machine => machine.Status.Progress);
        int complete = leeches.Count(machine => machine.CompletedAt is not null);
        writer.WriteLine(
            FormattableString.Invariant($"{world.Time.Seconds:0} s: uplinks {busy:0.00}, progress {progress:0.0} %, ")
            + FormattableString.Invariant($"complete {complete}, {world.Time.EventCount / 1e6:0.0} M events, ")
            + FormattableString.Invariant($"{GC.GetTotalMemory(false) >> 20} MiB"));
        return true;
    }
}
