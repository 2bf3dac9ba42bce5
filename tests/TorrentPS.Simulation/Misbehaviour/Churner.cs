using TorrentPS.Engine;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Closes all its connections periodically.</summary>
internal sealed class Churner(double everySeconds) : Behaviour
{
    public override void Begin(World world, Machine machine) => world.Time.In(everySeconds, () => Drop(world, machine));

    private void Drop(World world, Machine machine)
    {
        foreach (Link link in machine.Links.ToArray())
            link.Close(DisconnectReason.RemoteClosed);
        if (machine.IsListening)
            Begin(world, machine);
    }
}
