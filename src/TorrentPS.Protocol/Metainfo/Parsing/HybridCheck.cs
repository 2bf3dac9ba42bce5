using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Compares the v1 and v2 descriptions of a hybrid torrent's files (BEP 52, "upgrade path").</summary>
internal static class HybridCheck
{
    /// <summary>
    /// Checks that both descriptions have the same files in the same order, and that pad files in the v1 description
    /// align each file to a piece. Throws if a check fails. Returns the v1 files, each with the <c>pieces root</c> of
    /// the same file in the v2 description.
    /// </summary>
    public static List<RawFile> Merge(List<RawFile> v1, List<RawFile> v2, int pieceLength)
    {
        var merged = new List<RawFile>(v1.Count);
        long offset = 0;
        int next = 0;
        for (int i = 0; i < v1.Count; i++)
        {
            RawFile file = v1[i];
            if (file.IsPadding)
            {
                CheckPadding(file, offset, pieceLength);
                merged.Add(file);
            }
            else
            {
                if (file.Length > 0 && offset % pieceLength != 0)
                    throw Fail(file, MetainfoError.MisalignedFile, "The file does not start at a piece boundary.");
                if (next == v2.Count)
                    throw Fail(file, MetainfoError.HybridMismatch, "The file is missing in the v2 file tree.");
                merged.Add(Match(file, v2[next++]));
            }

            offset += file.Length;
        }

        return next == v2.Count
            ? merged
            : throw Fail(v2[next], MetainfoError.HybridMismatch, "The file is missing in the v1 file list.");
    }

    private static void CheckPadding(RawFile pad, long offset, int pieceLength)
    {
        long gap = (pieceLength - (offset % pieceLength)) % pieceLength;
        if (pad.Length != gap)
        {
            throw Fail(
                pad,
                MetainfoError.InvalidPadFile,
                $"The pad file has {pad.Length} bytes; the next piece starts after {gap}.");
        }
    }

    private static RawFile Match(RawFile v1, RawFile v2)
    {
        if (!RawPath.SamePath(v1.Path, v2.Path))
        {
            throw Fail(
                v1, MetainfoError.HybridMismatch, $"The path differs from the v2 path '{v2.Path?.ToShortString()}'.");
        }

        if (v1.Length != v2.Length)
        {
            throw Fail(
                v1,
                MetainfoError.HybridMismatch,
                $"The length is {v1.Length} bytes in the v1 part and {v2.Length} bytes in the v2 part.");
        }

        if (v1.IsSymlink != v2.IsSymlink)
            throw Fail(v1, MetainfoError.HybridMismatch, "The file is a symlink in only one of the v1 and v2 parts.");
        return v1 with { Root = v2.Root };
    }

    private static MetainfoException Fail(RawFile file, MetainfoError code, string message) =>
        file.Value.Fail(code, file.Location, message);
}
