using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>A file of a torrent.</summary>
public sealed class TorrentFileInfo
{
    internal TorrentFileInfo(TorrentFile file)
    {
        Index = file.Index;
        Path = file.Path;
        OriginalPath = file.OriginalPath;
        Size = file.Length;
        FirstPiece = file.FirstPiece.Value;
        PieceCount = file.PieceSpan;
        Attributes = file.Attributes;
        SymlinkTarget = file.SymlinkTarget;
    }

    /// <summary>The file's index in the torrent, from 0.</summary>
    public int Index { get; }

    /// <summary>Path of the file relative to the destination, with '/', made safe for every file system.</summary>
    public string Path { get; }

    /// <summary>The path in the torrent, when <see cref="Path"/> had to differ from it; else null.</summary>
    public string? OriginalPath { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long Size { get; }

    /// <summary>Index of the first piece with data of the file.</summary>
    public int FirstPiece { get; }

    /// <summary>Number of pieces with data of the file.</summary>
    public int PieceCount { get; }

    /// <summary>Attributes of the file: executable, hidden, symbolic link (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; }

    /// <summary>Path in the torrent to which a symbolic link points; null for other files.</summary>
    public string? SymlinkTarget { get; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
