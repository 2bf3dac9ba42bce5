using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Resolves the target of a symlink (BEP 47) to a file or folder of the same torrent.</summary>
internal sealed class SymlinkResolver(SafeFolder root, string? topFolder, WarningList warnings)
{
    /// <summary>
    /// Returns the safe path of a symlink's target, relative to the top-level folder. Returns null and adds a warning
    /// if the target is not in the torrent, is the symlink itself, or is a folder that contains the symlink.
    /// </summary>
    /// <param name="link">The symlink, with the original path of its target.</param>
    /// <param name="ownPath">Safe path of the symlink itself.</param>
    public string? Resolve(RawFile link, string ownPath)
    {
        if (link.SymlinkTarget is null)
        {
            warnings.Add(TorrentWarningCode.SymlinkDangling, link.Location, "A symlink has no target path.");
            return null;
        }

        string? target = IsOutside(link.SymlinkTarget) ? null : Find(link.SymlinkTarget);
        if (target is not null && target != ownPath && !ownPath.StartsWith(target + "/", StringComparison.Ordinal))
            return topFolder is null ? target : target[(topFolder.Length + 1)..];
        if (target is null && (IsOutside(link.SymlinkTarget) || ContainsSeparator(link.SymlinkTarget)))
        {
            warnings.Add(
                TorrentWarningCode.SymlinkOutside,
                link.Location,
                "A symlink points outside the torrent; its target was removed.");
        }
        else
        {
            warnings.Add(
                TorrentWarningCode.SymlinkDangling,
                link.Location,
                "A symlink points to no other file or folder of the torrent; its target was removed.");
        }

        return null;
    }

    /// <summary>Returns whether the path of a target is absolute or contains <c>..</c>.</summary>
    private static bool IsOutside(IReadOnlyList<ReadOnlyMemory<byte>> target) =>
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
