using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>One file of a torrent.</summary>
public sealed class TorrentFile
{
    internal TorrentFile()
    {
    }

    /// <summary>The zero-based number of the file in the torrent, pad files counted.</summary>
    public required int Index { get; init; }

    /// <summary>
    /// The safe relative path, '/' separated: the torrent's name first when it has a top-level folder, else just the file's name.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The path as the torrent has it (U+FFFD for what is not UTF-8), when <see cref="Path"/> had to differ; else null.</summary>
    public string? OriginalPath { get; init; }

    /// <summary>The length in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>Where the file begins in the run that <see cref="TorrentMetainfo.Geometry"/> describes, in bytes.</summary>
    public required long Offset { get; init; }

    /// <summary>What the torrent says about the file beside its content (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>Whether these are zeros that align the next file, never written to disk (BEP 47).</summary>
    public bool IsPadding => (Attributes & TorrentFileAttributes.Padding) != 0;

    /// <summary>
    /// For a symlink, the safe path of its target inside the torrent's top-level folder, '/' separated; null for other files, and
    /// for a symlink whose target is not in the torrent (a warning says so).
    /// </summary>
    public string? SymlinkTarget { get; init; }

    /// <summary>The root of the file's SHA-256 tree, 32 bytes; empty for v1 torrents, empty files and pad files (BEP 52).</summary>
    public ReadOnlyMemory<byte> PiecesRoot { get; init; }

    /// <summary>The 32-byte hashes of the file's pieces; empty for v1 torrents and for files of at most one piece (BEP 52).</summary>
    public ReadOnlyMemory<byte> PieceLayer { get; init; }

    /// <summary>The piece in which the file begins; for an empty file at the torrent's end it may be one past the last.</summary>
    public required PieceIndex FirstPiece { get; init; }

    /// <summary>How many pieces hold a part of the file; zero for an empty file.</summary>
    public required int PieceSpan { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
