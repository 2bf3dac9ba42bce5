namespace TorrentPS;

/// <summary>Result of verifying a file.</summary>
public enum TorrentFileStatus
{
    /// <summary>The file has the right length and all its pieces match their hashes.</summary>
    Complete,

    /// <summary>Some of the file's pieces match their hashes, but the file is not complete.</summary>
    Partial,

    /// <summary>The file exists, but none of its pieces matches its hash.</summary>
    Wrong,

    /// <summary>The file does not exist.</summary>
    Missing,

    /// <summary>The file could not be read.</summary>
    Unreadable,
}
