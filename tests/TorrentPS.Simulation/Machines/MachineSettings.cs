using TorrentPS.Engine;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Simulation.Disks;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Misbehaviour;

namespace TorrentPS.Simulation.Machines;

/// <summary>Settings of one machine of a simulation.</summary>
internal sealed record MachineSettings
{
    /// <summary>A name for logs and tables.</summary>
    public string Name { get; init; } = "peer";

    /// <summary>The connection to the network.</summary>
    public required Access Access { get; init; }

    /// <summary>Time of arrival in seconds.</summary>
    public double Arrival { get; init; }

    /// <summary>Whether the machine is a seed from the start.</summary>
    public bool IsSeed { get; init; }

    /// <summary>Seconds until the machine leaves after completing; null to stay.</summary>
    public double? StaysAfterCompletion { get; init; }

    /// <summary>The disk.</summary>
    public DiskSettings Disk { get; init; } = new();

    /// <summary>The machine's misbehaviour, if any.</summary>
    public Behaviour Behaviour { get; init; } = Behaviour.Normal;

    /// <summary>Changes the settings of the swarm loop.</summary>
    public Func<SwarmSettings, SwarmSettings>? Configure { get; init; }

    /// <summary>Maximum connected peers.</summary>
    public int MaxPeers { get; init; } = 50;

    /// <summary>The piece-picking strategy.</summary>
    public PieceStrategy Strategy { get; init; } = PieceStrategy.RarestFirst;

    /// <summary>Upload limit in bytes/s; null for unlimited.</summary>
    public long? UploadLimit { get; init; }
}
