using TorrentPS.Protocol.Primitives;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation.Misbehaviour;

/// <summary>Requests random blocks from all peers ten times a second, even while choked.</summary>
/// <param name="requestsPerSecond">Number of requests per second on each connection.</param>
internal sealed class Flooder(int requestsPerSecond) : Behaviour
{
    private const double Period = 0.1;

    public override void Begin(World world, Machine machine) => world.Time.In(Period, () => Flood(world, machine));

    private void Flood(World world, Machine machine)
    {
        foreach (Link link in machine.Links.ToArray())
        {
            for (int i = 0; i < requestsPerSecond * Period; i++)
            {
                var piece = new PieceIndex(world.Random.Next(world.Geometry.PieceCount));
                link.Request(world.Geometry.Block(piece, world.Random.Next(world.Geometry.BlockCountOf(piece))));
            }

            link.Flush();
        }

        world.Transit.EndTurn();
        if (machine.IsListening)
            Begin(world, machine);
    }
}
