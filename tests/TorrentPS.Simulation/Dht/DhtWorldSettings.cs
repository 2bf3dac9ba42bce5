namespace TorrentPS.Simulation.Dht;

/// <summary>What a simulated DHT is like. Times are seconds.</summary>
internal sealed record DhtWorldSettings
{
    /// <summary>How many nodes there are at any time.</summary>
    public int Nodes { get; init; } = 2000;

    /// <summary>The share of packets that never arrive.</summary>
    public double Loss { get; init; } = 0.1;

    /// <summary>The shortest and longest way between two nodes, drawn for each pair.</summary>
    public (double Least, double Most) Latency { get; init; } = (0.02, 0.2);

    /// <summary>How long a node stays, on average; the lives are exponential, and each that goes makes place for another.</summary>
    public double MeanLife { get; init; } = 30 * 60;

    /// <summary>The share of nodes that mean harm.</summary>
    public double HostileShare { get; init; }

    /// <summary>Over how long the first nodes come.</summary>
    public double Arrival { get; init; } = 60;

    /// <summary>How many torrents have peers.</summary>
    public int Torrents { get; init; } = 40;

    /// <summary>How many nodes announce themselves for each torrent.</summary>
    public int PeersPerTorrent { get; init; } = 5;

    /// <summary>How often each of these announces itself again.</summary>
    public double AnnouncePeriod { get; init; } = 15 * 60;
}
