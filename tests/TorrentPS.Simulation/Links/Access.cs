namespace TorrentPS.Simulation.Links;

/// <summary>How a machine is connected to the network.</summary>
/// <param name="Up">Bytes/s it can send; zero sends nothing.</param>
/// <param name="Down">Bytes/s it can receive.</param>
/// <param name="Latency">One way to the middle of the network, in seconds: a round trip between two machines is twice the sum of theirs.</param>
internal readonly record struct Access(double Up, double Down, double Latency)
{
    private const double BytesPerMegabit = 1e6 / 8;

    /// <summary>An access with rates in Mbit/s and its share of a round trip in milliseconds.</summary>
    public static Access Megabits(double up, double down, double latencyMilliseconds = 25) =>
        new(up * BytesPerMegabit, down * BytesPerMegabit, latencyMilliseconds / 1000);
}
