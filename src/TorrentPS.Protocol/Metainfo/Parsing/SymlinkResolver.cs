using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// Finds what a symlink (BEP 47) stands for among the torrent's own files and folders, so that its target is a safe path by
/// construction: what is not in the torrent can't be named.
/// </summary>
internal sealed class SymlinkResolver(SafeFolder root, string? topFolder, WarningList warnings)
{
    /// <summary>The safe target below the top-level folder, or null and a warning.</summary>
    /// <param name="link">The symlink.</param>
    /// <param name="ownPath">Its own safe path, which it may not lead to.</param>
    public string? Resolve(RawFile link, string ownPath)
    {
        if (link.SymlinkTarget is null)
        {
            warnings.Add(TorrentWarningCode.SymlinkDangling, link.Location, "A symlink has no target.");
            return null;
        }

        string? target = GoesUp(link.SymlinkTarget) ? null : Find(link.SymlinkTarget);
        if (target is not null && target != ownPath && !ownPath.StartsWith(target + "/", StringComparison.Ordinal))
            return topFolder is null ? target : target[(topFolder.Length + 1)..];
        if (target is null && (GoesUp(link.SymlinkTarget) || ContainsSeparator(link.SymlinkTarget)))
            warnings.Add(TorrentWarningCode.SymlinkOutside, link.Location, "A symlink leads outside the torrent; its target was dropped.");
        else
            warnings.Add(TorrentWarningCode.SymlinkDangling, link.Location, "A symlink leads to nothing else in the torrent; its target was dropped.");
        return null;
    }

    /// <summary>Whether the path climbs, or begins at the file system's root.</summary>
    private static bool GoesUp(IReadOnlyList<ReadOnlyMemory<byte>> target) =>
        (target.Count > 1 && target[0].IsEmpty) || target.Any(part => part.Span.SequenceEqual(".."u8));

    private static bool ContainsSeparator(IReadOnlyList<ReadOnlyMemory<byte>> target) =>
        target.Any(part => part.Span.IndexOfAny("/\\:"u8) >= 0);

    private string? Find(IReadOnlyList<ReadOnlyMemory<byte>> target)
    {
        SafeFolder? folder = root;
        for (int i = 0; i < target.Count - 1; i++)
        {
            folder = folder.FindFolder(target[i].Span);
            if (folder is null)
                return null;
        }

        if (target.Count == 0)
            return null;
        ReadOnlySpan<byte> last = target[^1].Span;
        string? found = folder.FindFile(last) ?? folder.FindFolder(last)?.Path;
        return found == root.Path ? null : found;
    }
}
