using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>A file of a torrent, as the metainfo describes it.</summary>
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

    /// <summary>Zero-based index of the file in the torrent, pad files included.</summary>
    public int Index { get; }

    /// <summary>Safe relative path at which the file is written, with '/' as separator.</summary>
    public string Path { get; }

    /// <summary>
    /// The original path in the torrent if it was unsafe and <see cref="Path"/> differs; otherwise null.
    /// </summary>
    public string? OriginalPath { get; }

    /// <summary>Length in bytes.</summary>
    public long Size { get; }

    /// <summary>Index of the piece that contains the first byte.</summary>
    public int FirstPiece { get; }

    /// <summary>Number of pieces that contain bytes of the file.</summary>
    public int PieceCount { get; }

    /// <summary>Attributes of the file in the torrent, such as executable or hidden (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; }

    /// <summary>Target of a symbolic link, as a path in the torrent (BEP 47); null for other files.</summary>
    public string? SymlinkTarget { get; }

    /// <summary>The path of the file.</summary>
    public override string ToString() => Path;
}
