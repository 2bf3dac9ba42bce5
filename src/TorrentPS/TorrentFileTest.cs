using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>Result of Test-Torrent for one file.</summary>
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

    /// <summary>Zero-based index of the file in the torrent, pad files included.</summary>
    public int Index { get; }

    /// <summary>Relative path of the file, with '/' as separator.</summary>
    public string Path { get; }

    /// <summary>Full path on disk.</summary>
    public string FullName { get; }

    /// <summary>Whether the file is complete, and otherwise why not.</summary>
    public TorrentFileStatus Status { get; }

    /// <summary>Whether the file exists with the right length and all its pieces match their hashes.</summary>
    public bool IsComplete => Status is TorrentFileStatus.Complete;

    /// <summary>Percentage of the file's pieces that match their hashes.</summary>
    public double Progress => PieceCount == 0 ? (IsComplete ? 100 : 0) : 100.0 * PiecesGood / PieceCount;

    /// <summary>Length of the file in the torrent, in bytes.</summary>
    public long Size { get; }

    /// <summary>Length on disk in bytes; null if the file does not exist.</summary>
    public long? SizeOnDisk { get; }

    /// <summary>Index of the piece that contains the first byte.</summary>
    public int FirstPiece { get; }

    /// <summary>Number of pieces that contain bytes of the file.</summary>
    public int PieceCount { get; }

    /// <summary>
    /// Number of the file's pieces that match their hashes. A piece with bytes of several files matches only if the
    /// bytes of all these files are correct.
    /// </summary>
    public int PiecesGood { get; }

    /// <summary>Why the file could not be read; null if it could be read.</summary>
    public string? Error { get; }

    /// <summary>The path and the status.</summary>
    public override string ToString() => $"{Path}: {Status}";
}
