using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>What a check found of one file of a torrent.</summary>
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

    /// <summary>Its number in the torrent, from 0.</summary>
    public int Index { get; }

    /// <summary>The relative path, with '/'.</summary>
    public string Path { get; }

    /// <summary>The full path on disk.</summary>
    public string FullName { get; }

    /// <summary>What was found.</summary>
    public TorrentFileStatus Status { get; }

    /// <summary>Whether every byte is there and right.</summary>
    public bool IsComplete => Status is TorrentFileStatus.Complete;

    /// <summary>The part of its pieces that are right, 0–100.</summary>
    public double Progress => PieceCount == 0 ? (IsComplete ? 100 : 0) : 100.0 * PiecesGood / PieceCount;

    /// <summary>The length that the torrent says, in bytes.</summary>
    public long Size { get; }

    /// <summary>The length on disk in bytes; null when it is not there.</summary>
    public long? SizeOnDisk { get; }

    /// <summary>The piece in which it begins.</summary>
    public int FirstPiece { get; }

    /// <summary>How many pieces hold a part of it.</summary>
    public int PieceCount { get; }

    /// <summary>How many of these are right. A piece that reaches into a neighbour needs that to be right too.</summary>
    public int PiecesGood { get; }

    /// <summary>Why it could not be read, or null.</summary>
    public string? Error { get; }

    /// <summary>The path and what was found.</summary>
    public override string ToString() => $"{Path}: {Status}";
}
