using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>A file as the torrent describes it, with nothing made safe yet.</summary>
/// <param name="Path">The path below the top-level folder; null for a pad file, whose path says nothing.</param>
/// <param name="Length">The length in bytes; never negative.</param>
/// <param name="Attributes">BEP 47's flags.</param>
/// <param name="SymlinkTarget">The target's path below the top-level folder, when the file is a symlink that names one.</param>
/// <param name="Root">The v2 root; empty for v1 and for empty files.</param>
/// <param name="Value">The dictionary that describes the file.</param>
/// <param name="ListIndex">The index in <c>info.files</c>, or -1.</param>
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

    /// <summary>Where the file stands in the torrent, for messages.</summary>
    public string Location => (ListIndex, Path) switch
    {
        ( >= 0, _) => $"info.files[{ListIndex}]",
        (_, null) => "info",
        _ => $"info.file tree/{Path.ToShortString()}",
    };
}
