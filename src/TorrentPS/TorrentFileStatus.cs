namespace TorrentPS;

/// <summary>What a check found of a file.</summary>
public enum TorrentFileStatus
{
    /// <summary>Every byte is there and right.</summary>
    Complete,

    /// <summary>Some of its pieces are right.</summary>
    Partial,

    /// <summary>It is there, but none of its pieces is right.</summary>
    Wrong,

    /// <summary>It is not there.</summary>
    Missing,

    /// <summary>It could not be read.</summary>
    Unreadable,
}
