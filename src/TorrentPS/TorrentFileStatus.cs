namespace TorrentPS;

/// <summary>Result of verifying a file.</summary>
public enum TorrentFileStatus
{
    /// <summary>
    /// The file exists and all its pieces match their hashes. It may be longer on disk than in the torrent.
    /// </summary>
    Complete,

    /// <summary>Some of the file's pieces match their hashes, but not all.</summary>
    Partial,

    /// <summary>The file exists, but none of its pieces matches its hash.</summary>
    Wrong,

    /// <summary>The file does not exist.</summary>
    Missing,

    /// <summary>The file could not be read.</summary>
    Unreadable,
}
