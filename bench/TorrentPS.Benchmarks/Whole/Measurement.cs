using System.Diagnostics;
using System.Globalization;

namespace TorrentPS.Benchmarks.Whole;

/// <summary>What a process used between two moments.</summary>
/// <param name="WallSeconds">Time passed.</param>
/// <param name="CpuSeconds">Time of all cores together.</param>
/// <param name="AllocatedBytes">Bytes allocated on the managed heap, freed or not.</param>
/// <param name="Collections">How many garbage collections there were.</param>
internal readonly record struct Measurement(double WallSeconds, double CpuSeconds, long AllocatedBytes, int Collections)
{
    /// <summary>The process so far; take the difference of two.</summary>
    public static Measurement Now() => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
        Environment.CpuUsage.TotalTime.TotalSeconds,
        GC.GetTotalAllocatedBytes(precise: true),
        GC.CollectionCount(0));

    /// <summary>What was used since an earlier moment.</summary>
    public static Measurement operator -(Measurement later, Measurement earlier) => new(
        later.WallSeconds - earlier.WallSeconds,
        later.CpuSeconds - earlier.CpuSeconds,
        later.AllocatedBytes - earlier.AllocatedBytes,
        later.Collections - earlier.Collections);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static Measurement Parse(string text)
    {
        string[] fields = text.Split(' ');
        return new Measurement(
            double.Parse(fields[0], CultureInfo.InvariantCulture),
            double.Parse(fields[1], CultureInfo.InvariantCulture),
            long.Parse(fields[2], CultureInfo.InvariantCulture),
            int.Parse(fields[3], CultureInfo.InvariantCulture));
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{WallSeconds:r} {CpuSeconds:r} {AllocatedBytes} {Collections}");
}
