using System.Globalization;

namespace TorrentPS.Simulation.Dht;

/// <summary>The results of the searches in one simulated DHT.</summary>
internal sealed record DhtRun
{
    public required int Searches { get; init; }

    /// <summary>Share of searches that found at least one announced peer.</summary>
    public required double SearchesThatFound { get; init; }

    /// <summary>Share of announced peers that were found, over all searches.</summary>
    public required double PeersFound { get; init; }

    /// <summary>Median duration of a search in seconds.</summary>
    public required double MedianSeconds { get; init; }

    /// <summary>95th percentile of the duration of a search in seconds.</summary>
    public required double Seconds95 { get; init; }

    /// <summary>Median time to the first announced peer in seconds.</summary>
    public required double MedianToFirst { get; init; }

    public required double MeanHops { get; init; }

    public required int MostHops { get; init; }

    public required double MeanQueries { get; init; }

    /// <summary>Memory per node in bytes, including what the simulator keeps for it.</summary>
    public required double BytesPerNode { get; init; }

    /// <summary>Runs a simulation until its searches have ended.</summary>
    /// <param name="world">The simulation, not started.</param>
    /// <param name="begin">Time of the first search in seconds.</param>
    /// <param name="end">Time of the last search in seconds.</param>
    /// <param name="count">Number of searches.</param>
    /// <param name="progress">Receives progress reports.</param>
    public static DhtRun Of(DhtWorld world, double begin, double end, int count, TextWriter? progress)
    {
        const double Step = 60;

        // Maximum duration of a search in seconds.
        const double Patience = 60;

        long before = GC.GetTotalMemory(forceFullCollection: true);
        var searches = new DhtSearches(world, begin, end, count);
        for (double time = 0; time < end + Patience; time += Step)
        {
            world.Run(Math.Min(time + Step, end + Patience));
            progress?.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{world.Time.Seconds:0} s: {world.Alive.Count} nodes, {world.Gone} left, "
                + $"{world.Packets} packets, {searches.Ended.Count} searches"));
        }

        double bytes = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / world.Alive.Count;
        GC.KeepAlive(world);
        IReadOnlyList<DhtSearch> ended = searches.Ended;
        return new DhtRun
        {
            Searches = ended.Count,
            SearchesThatFound = Share(
                ended.Count(search => search.Found > 0), ended.Count(search => search.Announced > 0)),
            PeersFound = Share(ended.Sum(search => search.Found), ended.Sum(search => search.Announced)),
            MedianSeconds = Quantile(ended.Select(search => search.Seconds), 0.5),
            Seconds95 = Quantile(ended.Select(search => search.Seconds), 0.95),
            MedianToFirst = Quantile(ended.Select(search => search.First ?? double.PositiveInfinity), 0.5),
            MeanHops = ended.Count == 0 ? double.NaN : ended.Average(search => search.Hops),
            MostHops = ended.Select(search => search.Hops).DefaultIfEmpty(int.MaxValue).Max(),
            MeanQueries = ended.Count == 0 ? double.NaN : ended.Average(search => search.Queries),
            BytesPerNode = bytes,
        };
    }

    private static double Share(int part, int whole) => whole == 0 ? double.NaN : (double)part / whole;

    private static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[(int)((sorted.Length - 1) * share)];
    }
}
