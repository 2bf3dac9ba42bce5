namespace TorrentPS.Simulation.Disks;

/// <summary>What a machine's disk and processor take for storing.</summary>
internal sealed record DiskSettings
{
    /// <summary>Bytes hashed per second; infinite takes no time.</summary>
    public double HashRate { get; init; } = double.PositiveInfinity;

    /// <summary>Bytes written per second; infinite takes no time.</summary>
    public double WriteRate { get; init; } = double.PositiveInfinity;

    /// <summary>How many bytes fit.</summary>
    public long Capacity { get; init; } = long.MaxValue;
}
