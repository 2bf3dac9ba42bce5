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

    /// <summary>Zero-based index of the file among all files of the torrent, including pad files.</summary>
    public int Index { get; }

    /// <summary>Relative path of the file, with '/' as separator.</summary>
    public string Path { get; }

    /// <summary>Full path of the file on disk.</summary>
    public string FullName { get; }

    /// <summary>Whether the file is complete, partial, wrong, missing or unreadable.</summary>
    public TorrentFileStatus Status { get; }

    /// <summary>Whether the file exists and all its pieces match their hashes.</summary>
    public bool IsComplete => Status is TorrentFileStatus.Complete;

    /// <summary>Percentage of the file's pieces that match their hashes, from 0 to 100.</summary>
    public double Progress => PieceCount == 0 ? (IsComplete ? 100 : 0) : 100.0 * PiecesGood / PieceCount;

    /// <summary>Length of the file in the torrent, in bytes.</summary>
    public long Size { get; }

    /// <summary>Length of the file on disk in bytes; null if the file does not exist.</summary>
    public long? SizeOnDisk { get; }

    /// <summary>Zero-based index of the piece that contains the file's first byte.</summary>
    public int FirstPiece { get; }

    /// <summary>Number of pieces that contain bytes of the file.</summary>
    public int PieceCount { get; }

    /// <summary>
    /// Number of the file's pieces that match their hashes. A piece with bytes of several files matches only if the
    /// bytes of all these files are correct.
    /// </summary>
    public int PiecesGood { get; }

    /// <summary>The reason why the file could not be read; null if there was no error.</summary>
    public string? Error { get; }

    /// <summary>Returns the path and the status.</summary>
    public override string ToString() => $"{Path}: {Status}";
}
