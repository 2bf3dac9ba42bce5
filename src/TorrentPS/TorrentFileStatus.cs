namespace TorrentPS;

/// <summary>Result of verifying a file.</summary>
public enum TorrentFileStatus
{
    /// <summary>The file has the right length and all its pieces match their hashes.</summary>
    Complete,

    /// <summary>The file is not complete, but some of its pieces match their hashes.</summary>
    Partial,

    /// <summary>The file exists, but none of its pieces matches its hash.</summary>
    Wrong,

    /// <summary>The file does not exist.</summary>
    Missing,

    /// <summary>The file could not be read.</summary>
    Unreadable,
}
