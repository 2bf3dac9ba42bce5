using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>Result of checking one file of a torrent.</summary>
public sealed class TorrentFileTest
{
    internal TorrentFileTest(TorrentFile file, FileCheckResult check)
    {
        Index = file.Index;
        Path = file.Path;
        FullName = check.Path;
        Size = check.Length;
        SizeOnDisk = check.Exists ? check.LengthOnDisk : null;
        PieceCount = check.Pieces;
        PiecesGood = check.GoodPieces;
        FirstPiece = file.FirstPiece.Value;
        Error = check.Fault?.Message;
        Status = check switch
        {
            { Fault: not null } => TorrentFileStatus.Unreadable,
            { Exists: false } => TorrentFileStatus.Missing,
            { IsComplete: true } => TorrentFileStatus.Complete,
            { GoodPieces: > 0 } => TorrentFileStatus.Partial,
            _ => TorrentFileStatus.Wrong,
        };
    }

    /// <summary>The file's index in the torrent, from 0.</summary>
    public int Index { get; }

    /// <summary>Path of the file relative to the destination, with '/'.</summary>
    public string Path { get; }

    /// <summary>Full path on disk.</summary>
    public string FullName { get; }

    /// <summary>Result of the check.</summary>
    public TorrentFileStatus Status { get; }

    /// <summary>Whether the whole file is correct.</summary>
    public bool IsComplete => Status is TorrentFileStatus.Complete;

    /// <summary>Percentage of the file's pieces that are correct.</summary>
    public double Progress => PieceCount == 0 ? (IsComplete ? 100 : 0) : 100.0 * PiecesGood / PieceCount;

    /// <summary>Length of the file in the torrent, in bytes.</summary>
    public long Size { get; }

    /// <summary>Length on disk in bytes; null when the file does not exist.</summary>
    public long? SizeOnDisk { get; }

    /// <summary>Index of the first piece with data of the file.</summary>
    public int FirstPiece { get; }

    /// <summary>Number of pieces with data of the file.</summary>
    public int PieceCount { get; }

    /// <summary>
    /// Number of the file's pieces that are correct. A piece shared with another file is correct only if both files
    /// are.
    /// </summary>
    public int PiecesGood { get; }

    /// <summary>Why the file could not be read; null when it was read.</summary>
    public string? Error { get; }

    /// <summary>The path and the result.</summary>
    public override string ToString() => $"{Path}: {Status}";
}
