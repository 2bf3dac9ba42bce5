using System.Net;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation.Links;

/// <summary>A simulated tracker. Returns random peers of the swarm to each machine at each announce interval.</summary>
internal sealed class Tracker(World world)
{
    private readonly List<Machine> _present = [];

    /// <summary>Maximum peers in a response. Clients request 50.</summary>
    public int PeersPerAnswer { get; set; } = 50;

    /// <summary>Seconds between a machine's announces, varied by up to 10 %.</summary>
    public double Interval { get; set; } = 300;

    public void Announce(Machine machine)
    {
        _present.Add(machine);
        Ask(machine);
    }

    public void Leave(Machine machine) => _present.Remove(machine);

    private void Ask(Machine machine)
    {
        world.Time.In(2 * machine.Access.Latency, () =>
        {
            if (!_present.Contains(machine))
                return;
            machine.PeersFound(Sample(machine));
            world.Time.In(Interval * (0.9 + (0.2 * world.Random.NextDouble())), () => Ask(machine));
        });
    }

    private List<IPEndPoint> Sample(Machine machine)
    {
        var answer = new List<IPEndPoint>();
        if (_present.Count - 1 <= PeersPerAnswer)
        {
            foreach (Machine other in _present)
            {
                if (other != machine)
                    answer.Add(other.EndPoint);
            }

            return answer;
        }

        var drawn = new HashSet<Machine> { machine };
        while (answer.Count < PeersPerAnswer)
        {
            Machine other = _present[world.Random.Next(_present.Count)];
            if (drawn.Add(other))
                answer.Add(other.EndPoint);
        }

        return answer;
    }
}
