using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>One file of a torrent.</summary>
public sealed class TorrentFile
{
    internal TorrentFile()
    {
    }

    /// <summary>Zero-based index of the file among all files of the torrent, including pad files.</summary>
    public required int Index { get; init; }

    /// <summary>
    /// Safe path relative to the destination folder, with <c>/</c> separators. It begins with the name of the torrent's
    /// top-level folder, if the torrent has one.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>
    /// Path as given in the torrent if it differs from <see cref="Path"/>, otherwise null. Invalid UTF-8 and
    /// characters that are not displayable become U+FFFD.
    /// </summary>
    public string? OriginalPath { get; init; }

    /// <summary>Length of the file in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>
    /// Offset of the start of the file, in bytes from the start of the first piece. It includes the pad files before
    /// this file. In a v2-only torrent it also includes the padding between files (BEP 52).
    /// </summary>
    public required long Offset { get; init; }

    /// <summary>Attributes of the file (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>
    /// Whether the file is a pad file, which aligns the next file with zeros and is not written to disk (BEP 47).
    /// </summary>
    public bool IsPadding => (Attributes & TorrentFileAttributes.Padding) != 0;

    /// <summary>
    /// Target of a symlink, as a safe path relative to the torrent's top-level folder, with <c>/</c> separators. It is
    /// null for other files. It is also null for a symlink whose target is not in the torrent, which a warning reports.
    /// </summary>
    public string? SymlinkTarget { get; init; }

    /// <summary>
    /// Root of the file's hash tree, 32 bytes (BEP 52). It is empty in a v1-only torrent, and for empty files and pad
    /// files.
    /// </summary>
    public ReadOnlyMemory<byte> PiecesRoot { get; init; }

    /// <summary>
    /// Concatenated 32-byte hashes of the file's pieces (BEP 52). The value is empty in a v1-only torrent, for files of
    /// at most one piece, and if the torrent lacks the file's piece layer.
    /// </summary>
    public ReadOnlyMemory<byte> PieceLayer { get; init; }

    /// <summary>
    /// Index of the piece in which the file starts. For an empty file at the end of the torrent, it may be one more
    /// than the index of the last piece.
    /// </summary>
    public required PieceIndex FirstPiece { get; init; }

    /// <summary>Number of pieces that contain bytes of the file. An empty file has none.</summary>
    public required int PieceSpan { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
