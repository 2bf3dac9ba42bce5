namespace TorrentPS.Engine;

/// <summary>The state of a piece.</summary>
public enum PieceState
{
    /// <summary>The piece is wanted. None of its blocks is requested or received.</summary>
    Missing,

    /// <summary>Some or all blocks are requested or received, and the hash check is not done.</summary>
    Partial,

    /// <summary>The piece passed its hash check and is on disk.</summary>
    Verified,

    /// <summary>The piece is not wanted. None of its blocks is requested or received.</summary>
    Unwanted,
}

/// <summary>A snapshot of one piece of a torrent.</summary>
/// <param name="Index">Zero-based index of the piece.</param>
/// <param name="Length">Length of the piece in bytes.</param>
/// <param name="State">State of the piece.</param>
/// <param name="Priority">
/// Download priority of the piece: the highest of its files' priorities. If the user limited the download to the
/// torrent's first pieces (<see cref="TorrentSettings.PieceCount"/>), the priority of all later pieces is
/// <see cref="DownloadPriority.Skip"/>.
/// </param>
/// <param name="Availability">Number of connected peers and web seeds that have the piece.</param>
/// <param name="BlockCount">Number of blocks (16 KiB) in the piece.</param>
/// <param name="BlocksReceived">
/// Number of blocks received. It equals <paramref name="BlockCount"/> if the piece is verified.
/// </param>
/// <param name="BlocksRequested">Number of blocks requested and not received yet.</param>
public readonly record struct PieceStatus(
    int Index,
    int Length,
    PieceState State,
    DownloadPriority Priority,
    int Availability,
    int BlockCount,
    int BlocksReceived,
    int BlocksRequested);
