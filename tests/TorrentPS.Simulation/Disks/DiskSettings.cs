namespace TorrentPS.Simulation.Disks;

/// <summary>Speed and capacity of a machine's storage.</summary>
internal sealed record DiskSettings
{
    /// <summary>Bytes hashed per second; infinity takes no time.</summary>
    public double HashRate { get; init; } = double.PositiveInfinity;

    /// <summary>Bytes written per second; infinity takes no time.</summary>
    public double WriteRate { get; init; } = double.PositiveInfinity;

    /// <summary>Capacity of the disk in bytes.</summary>
    public long Capacity { get; init; } = long.MaxValue;
}
