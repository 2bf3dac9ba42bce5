namespace TorrentPS.Simulation.Dht;

/// <summary>Settings of a simulated DHT. Times are in seconds.</summary>
internal sealed record DhtWorldSettings
{
    /// <summary>Number of hosts at any time.</summary>
    public int Nodes { get; init; } = 2000;

    /// <summary>Share of packets that are lost.</summary>
    public double Loss { get; init; } = 0.1;

    /// <summary>Minimum and maximum one-way latency. Each pair of hosts gets a random latency in this range.</summary>
    public (double Least, double Most) Latency { get; init; } = (0.02, 0.2);

    /// <summary>
    /// Mean lifetime of a host. Lifetimes are exponentially distributed, and a new host replaces each one that leaves.
    /// </summary>
    public double MeanLife { get; init; } = 30 * 60;

    /// <summary>Share of hostile hosts.</summary>
    public double HostileShare { get; init; }

    /// <summary>Duration over which the first hosts arrive.</summary>
    public double Arrival { get; init; } = 60;

    /// <summary>Number of torrents with peers.</summary>
    public int Torrents { get; init; } = 40;

    /// <summary>Number of peers of each torrent.</summary>
    public int PeersPerTorrent { get; init; } = 5;

    /// <summary>Time between the announces of a peer.</summary>
    public double AnnouncePeriod { get; init; } = 15 * 60;
}
