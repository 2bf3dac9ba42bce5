using System.Net;
using TorrentPS.Engine;
using TorrentPS.Simulation.Machines;

namespace TorrentPS.Simulation.Links;

/// <summary>Finds machines by address and connects them.</summary>
internal sealed class Network(World world)
{
    /// <summary>Window of a connection in bandwidth-delay products, as TCP reaches after slow start.</summary>
    private const double WindowRoundTrips = 2;

    /// <summary>Minimum window in bytes, as systems give a new connection.</summary>
    private const long MinWindow = 256 * 1024;

    /// <summary>Seconds after which a connection attempt to an unused address fails.</summary>
    private const double ConnectTimeout = 10;

    private readonly Dictionary<IPEndPoint, Machine> _machines = [];
    private int _lastPort = 20_000;

    public void Add(Machine machine) => _machines.Add(machine.EndPoint, machine);

    /// <summary>Starts to connect. The machine receives the result as an event.</summary>
    public void Dial(Machine from, IPEndPoint to)
    {
        if (!_machines.TryGetValue(to, out Machine? target) || !target.IsListening)
        {
            world.Time.In(ConnectTimeout, () => from.DialFailed(to));
            return;
        }

        double roundTrip = 2 * (from.Access.Latency + target.Access.Latency);
        world.Time.In(2 * roundTrip, () =>
        {
            if (target.IsListening)
                Connect(from, target);
            else
                from.DialFailed(to);
        });
    }

    private void Connect(Machine from, Machine to)
    {
        long latency = Timeline.Ticks(from.Access.Latency + to.Access.Latency);
        var source = new IPEndPoint(from.EndPoint.Address, _lastPort = 20_000 + ((_lastPort - 19_999) % 40_000));
        var near = new Link(world, from, to.EndPoint) { Latency = latency, Window = WindowOf(from, to) };
        var far = new Link(world, to, source) { Latency = latency, Window = WindowOf(to, from), Remote = near };
        near.Remote = far;
        if (world.MeanConnectionLife is { } life)
        {
            double seconds = -Math.Log(1 - world.Random.NextDouble()) * life;
            world.Time.In(seconds, () => near.Close(DisconnectReason.RemoteClosed));
        }

        to.Connected(far, from.Handshake, incoming: true);
        from.Connected(near, to.Handshake, incoming: false);
    }

    private static long WindowOf(Machine from, Machine to)
    {
        double roundTrip = 2 * (from.Access.Latency + to.Access.Latency);
        return Math.Max(MinWindow, (long)(WindowRoundTrips * Math.Min(from.Access.Up, to.Access.Down) * roundTrip));
    }
}
