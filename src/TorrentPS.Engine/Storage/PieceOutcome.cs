namespace TorrentPS.Engine.Storage;

/// <summary>What became of a piece in one worker's hands.</summary>
internal enum PieceOutcome
{
    /// <summary>It waits for more blocks or for the disk, and is not the worker's any more.</summary>
    LetGo,

    /// <summary>The swarm had dropped it.</summary>
    Discarded,

    /// <summary>It did not match its hash.</summary>
    Rejected,

    /// <summary>It matched its hash and is yet to be written.</summary>
    Verified,

    /// <summary>It is on disk.</summary>
    Written,
}
