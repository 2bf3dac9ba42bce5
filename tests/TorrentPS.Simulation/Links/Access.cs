namespace TorrentPS.Simulation.Links;

/// <summary>A machine's connection to the network.</summary>
/// <param name="Up">Upload bandwidth in bytes/s; zero sends nothing.</param>
/// <param name="Down">Download bandwidth in bytes/s.</param>
/// <param name="Latency">One-way latency to the centre of the network in seconds. The round trip between two machines
/// is twice the sum of their latencies.</param>
internal readonly record struct Access(double Up, double Down, double Latency)
{
    private const double BytesPerMegabit = 1e6 / 8;

    /// <summary>Creates a connection with bandwidths in Mbit/s and a latency in milliseconds.</summary>
    public static Access Megabits(double up, double down, double latencyMilliseconds = 25) =>
        new(up * BytesPerMegabit, down * BytesPerMegabit, latencyMilliseconds / 1000);
}
