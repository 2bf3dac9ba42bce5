using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>A file as described in the torrent, with its original path.</summary>
/// <param name="Path">Path below the top-level folder; null for a pad file, whose path is not used.</param>
/// <param name="Length">Length in bytes; not negative.</param>
/// <param name="Attributes">Attributes of the file (BEP 47).</param>
/// <param name="SymlinkTarget">
/// Components of the symlink's target below the top-level folder; null if the file is not a symlink or names no target.
/// </param>
/// <param name="Root">Root of the v2 hash tree; empty for v1 torrents and empty files.</param>
/// <param name="Value">The dictionary that describes the file, for error offsets.</param>
/// <param name="ListIndex">Index in <c>info.files</c>, or -1.</param>
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

    /// <summary>Location of the file in the metainfo, for messages.</summary>
    public string Location => (ListIndex, Path) switch
    {
        ( >= 0, _) => $"info.files[{ListIndex}]",
        (_, null) => "info",
        _ => $"info.file tree/{Path.ToShortString()}",
    };
}
