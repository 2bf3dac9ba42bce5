namespace TorrentPS.Engine;

/// <summary>What there is of a piece.</summary>
public enum PieceState
{
    /// <summary>Wanted, and nothing of it is here or asked for.</summary>
    Missing,

    /// <summary>Some of it is here or asked for, or all of it is here and waits for its hash.</summary>
    Partial,

    /// <summary>Verified and on disk.</summary>
    Verified,

    /// <summary>Not wanted, and not here.</summary>
    Unwanted,
}

/// <summary>One piece of a torrent at one moment.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="State">What there is of it.</param>
/// <param name="Priority">How much it is wanted.</param>
/// <param name="Availability">How many connected peers have it.</param>
/// <param name="BlockCount">How many blocks it has.</param>
/// <param name="BlocksReceived">How many of them are here; all when it is verified.</param>
/// <param name="BlocksRequested">How many are asked for and not here.</param>
public readonly record struct PieceStatus(
    int Index,
    int Length,
    PieceState State,
    DownloadPriority Priority,
    int Availability,
    int BlockCount,
    int BlocksReceived,
    int BlocksRequested);
