namespace TorrentPS.Engine.Snapshots;

/// <summary>How a way of finding peers stands.</summary>
public enum DiscoveryState
{
    /// <summary>It is switched off.</summary>
    Off,

    /// <summary>It is on, and nothing needs it: no public torrent runs.</summary>
    Idle,

    /// <summary>It has begun, and nobody has answered yet.</summary>
    Waiting,

    /// <summary>It works.</summary>
    Running,

    /// <summary>It is on and can't be used.</summary>
    Failed,
}
