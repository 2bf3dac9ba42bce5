namespace TorrentPS.Engine.Snapshots;

/// <summary>A session's part in the DHT at one moment.</summary>
public sealed record DhtStatus
{
    /// <summary>The UDP port of its nodes.</summary>
    public required int Port { get; init; }

    /// <summary>One node for each address family that can be used: the two families are two networks (BEP 32).</summary>
    public required IReadOnlyList<DhtNodeStatus> Nodes { get; init; }

    /// <summary>Whether any node knows others that answer.</summary>
    public bool IsConnected => Nodes.Any(node => node.Good > 0);
}
