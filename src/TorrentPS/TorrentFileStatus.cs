namespace TorrentPS;

/// <summary>Result of checking a file.</summary>
public enum TorrentFileStatus
{
    /// <summary>All pieces of the file are correct.</summary>
    Complete,

    /// <summary>Some pieces of the file are correct.</summary>
    Partial,

    /// <summary>The file exists, and no piece of it is correct.</summary>
    Wrong,

    /// <summary>The file does not exist.</summary>
    Missing,

    /// <summary>The file could not be read.</summary>
    Unreadable,
}
