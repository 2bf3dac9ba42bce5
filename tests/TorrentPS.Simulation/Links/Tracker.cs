using System.Net;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation.Links;

/// <summary>Names machines of the swarm to each other, some at random as real trackers do, and again at each interval.</summary>
internal sealed class Tracker(World world)
{
    private readonly List<Machine> _present = [];

    /// <summary>How many addresses one answer has; 50 is what clients ask for.</summary>
    public int PeersPerAnswer { get; set; } = 50;

    /// <summary>How often a machine asks again, in seconds.</summary>
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
