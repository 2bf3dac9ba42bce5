using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Simulation.Disks;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Misbehaviour;

namespace TorrentPS.Simulation.Machines;

/// <summary>What one machine of a simulation is like.</summary>
internal sealed record MachineSettings
{
    /// <summary>A name for logs and tables.</summary>
    public string Name { get; init; } = "peer";

    /// <summary>How it is connected.</summary>
    public required Access Access { get; init; }

    /// <summary>When it comes, in seconds.</summary>
    public double Arrival { get; init; }

    /// <summary>Whether it has everything from the beginning.</summary>
    public bool IsSeed { get; init; }

    /// <summary>How long it stays after it has everything, in seconds; null stays to the end.</summary>
    public double? StaysAfterCompletion { get; init; }

    /// <summary>Its disk.</summary>
    public DiskSettings Disk { get; init; } = new();

    /// <summary>How it departs from the protocol's good manners.</summary>
    public Manners Manners { get; init; } = Manners.Good;

    /// <summary>Changes what its swarm loop is told.</summary>
    public Func<SwarmSettings, SwarmSettings>? Configure { get; init; }

    /// <summary>The most peers connected.</summary>
    public int MaxPeers { get; init; } = 50;

    /// <summary>In which order pieces are asked for.</summary>
    public PieceStrategy Strategy { get; init; } = PieceStrategy.RarestFirst;

    /// <summary>Its upload limit in bytes/s; null is unlimited.</summary>
    public long? UploadLimit { get; init; }
}
