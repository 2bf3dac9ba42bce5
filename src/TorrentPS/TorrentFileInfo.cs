using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>A file in the metainfo of a torrent.</summary>
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

    /// <summary>Zero-based index of the file among all files of the torrent, including pad files.</summary>
    public int Index { get; }

    /// <summary>Safe relative path of the file on disk, with '/' as separator.</summary>
    public string Path { get; }

    /// <summary>
    /// Path of the file as given in the torrent, if it differs from the safe path in <see cref="Path"/>; otherwise
    /// null.
    /// </summary>
    public string? OriginalPath { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long Size { get; }

    /// <summary>Zero-based index of the piece that contains the file's first byte.</summary>
    public int FirstPiece { get; }

    /// <summary>Number of pieces that contain bytes of the file.</summary>
    public int PieceCount { get; }

    /// <summary>Attributes of the file in the torrent, such as executable or hidden (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; }

    /// <summary>Target of a symbolic link, as a path in the torrent (BEP 47); null for other files.</summary>
    public string? SymlinkTarget { get; }

    /// <summary>Returns the path.</summary>
    public override string ToString() => Path;
}
