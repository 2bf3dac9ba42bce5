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

    /// <summary>Its number in the torrent, from 0.</summary>
    public int Index { get; }

    /// <summary>The safe relative path it is written to, with '/'.</summary>
    public string Path { get; }

    /// <summary>The path as the torrent has it when <see cref="Path"/> had to differ; else null.</summary>
    public string? OriginalPath { get; }

    /// <summary>The length in bytes.</summary>
    public long Size { get; }

    /// <summary>The piece in which it begins.</summary>
    public int FirstPiece { get; }

    /// <summary>How many pieces hold a part of it.</summary>
    public int PieceCount { get; }

    /// <summary>What the torrent says about it beside its content.</summary>
    public TorrentFileAttributes Attributes { get; }

    /// <summary>For a symbolic link the path of its target in the torrent; else null.</summary>
    public string? SymlinkTarget { get; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
