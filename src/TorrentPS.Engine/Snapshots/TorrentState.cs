namespace TorrentPS.Engine.Snapshots;

/// <summary>What a torrent is doing.</summary>
public enum TorrentState
{
    /// <summary>Existing data is being verified before the start.</summary>
    Checking,

    /// <summary>The metadata of a magnet link is being fetched.</summary>
    DownloadingMetadata,

    /// <summary>Some of what is wanted is missing.</summary>
    Downloading,

    /// <summary>All that was wanted is there, but not all the torrent has.</summary>
    Finished,

    /// <summary>All is there and served.</summary>
    Seeding,

    /// <summary>Told to wait, or waiting after a fault; see <see cref="TorrentStatus.Fault"/>.</summary>
    Paused,

    /// <summary>Ended by request or because its goal was reached.</summary>
    Stopped,

    /// <summary>Ended by something that can't be mended by resuming; see <see cref="TorrentStatus.Fault"/>.</summary>
    Failed,
}
