namespace TorrentPS.Engine.Storage;

/// <summary>How room for a file is taken on disk.</summary>
public enum AllocationMode
{
    /// <summary>Only what is written takes room; the default.</summary>
    Sparse,

    /// <summary>
    /// The whole file is reserved when it is first written: no fragmentation, and a full disk shows at once.
    /// </summary>
    Preallocated,
}
