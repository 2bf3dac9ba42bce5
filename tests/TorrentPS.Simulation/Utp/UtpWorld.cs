using TorrentPS.Engine.Transport.Utp;

namespace TorrentPS.Simulation.Utp;

/// <summary>
/// Hosts on two sides of a link, and the flows between them. A run depends only on its seed.
/// </summary>
internal sealed class UtpWorld
{
    /// <summary>Time in seconds between two samples of the queueing delay.</summary>
    private const double SampleInterval = 0.05;

    private readonly Dictionary<UdpAddress, UtpHost> _hosts = [];
    private readonly List<double> _waits = [];
    private readonly UtpLinkSettings _settings;
    private readonly int _seed;
    private int _count;

    public UtpWorld(UtpLinkSettings settings, int seed)
    {
        _settings = settings;
        _seed = seed;
        Forward = new UtpLink(settings, Time, new Random(seed));
        Backward = new UtpLink(
            settings with { BitsPerSecond = Math.Max(settings.BitsPerSecond, 10e6) }, Time, new Random(seed + 1000));
        Sample();
    }

    public Timeline Time { get; } = new();

    public UtpLink Forward { get; }

    public UtpLink Backward { get; }

    /// <summary>The queueing delays in seconds, sampled since the last call of <see cref="Measure"/>.</summary>
    public IReadOnlyList<double> Waits => _waits;

    public UtpHost AddHost(bool isSender, double clockRate = 1)
    {
        _count++;
        return new UtpHost(
            _count, Time, isSender ? Forward : Backward, _hosts, unchecked((_seed * 1009) + _count), clockRate);
    }

    public UtpFlow AddUtp(long length = long.MaxValue) => new(AddHost(true), AddHost(false), length);

    public TcpFlow AddTcp(bool isCubic) => new(Time, Forward, Backward, isCubic);

    public void Run(double seconds)
    {
        long end = Time.Now + Timeline.Ticks(seconds);
        while (Time.Step(end))
        {
        }
    }

    /// <summary>Runs for a time, and returns the rate of each flow in it in bits per second.</summary>
    public double[] Measure(double seconds, params IFlow[] flows)
    {
        _waits.Clear();
        long[] before = [.. flows.Select(flow => flow.Received)];
        Run(seconds);
        return [.. flows.Select((flow, i) => (flow.Received - before[i]) * 8 / seconds)];
    }

    private void Sample()
    {
        _waits.Add(Forward.Waiting);
        Time.In(SampleInterval, Sample);
    }
}
