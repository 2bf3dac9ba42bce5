namespace TorrentPS.Engine.Trackers;

/// <summary>How a torrent stands with one of its trackers.</summary>
public enum TrackerState
{
    /// <summary>Not asked yet.</summary>
    NotContacted,

    /// <summary>Being asked now.</summary>
    Announcing,

    /// <summary>The last announce succeeded.</summary>
    Working,

    /// <summary>The last announce failed.</summary>
    Failed,
}
