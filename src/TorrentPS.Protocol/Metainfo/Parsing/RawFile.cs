using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>A file as the torrent describes it, with its original path.</summary>
/// <param name="Path">
/// Path below the top-level folder. It is null for a pad file of a v1 file list, because the path of a pad file is not
/// used.
/// </param>
/// <param name="Length">Length in bytes; not negative.</param>
/// <param name="Attributes">Attributes of the file (BEP 47).</param>
/// <param name="SymlinkTarget">
/// Components of the path of a symlink's target, below the top-level folder. It is null for other files, and for a
/// symlink without a valid target path.
/// </param>
/// <param name="Root">
/// Root of the file's v2 hash tree. It is empty in a v1-only torrent, and for empty files and pad files.
/// </param>
/// <param name="Value">The dictionary that describes the file. Errors report its offset.</param>
/// <param name="ListIndex">
/// Index in <c>info.files</c>. It is -1 for a file from <c>info.file tree</c>, and for the only file of a torrent
/// without <c>files</c>.
/// </param>
internal sealed record RawFile(
    RawPath? Path,
    long Length,
    TorrentFileAttributes Attributes,
    IReadOnlyList<ReadOnlyMemory<byte>>? SymlinkTarget,
    ReadOnlyMemory<byte> Root,
    BencodeValue Value,
    int ListIndex)
{
    public bool IsPadding => (Attributes & TorrentFileAttributes.Padding) != 0;

    public bool IsSymlink => (Attributes & TorrentFileAttributes.Symlink) != 0;

    /// <summary>
    /// Location of the file in the metainfo, for errors and warnings: for example <c>info.files[3]</c>.
    /// </summary>
    public string Location => (ListIndex, Path) switch
    {
        ( >= 0, _) => $"info.files[{ListIndex}]",
        (_, null) => "info",
        _ => $"info.file tree/{Path.ToShortString()}",
    };
}
