using TorrentPS.Protocol.Metainfo.Naming;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>Holds the two descriptions of a hybrid torrent against each other (BEP 52, "Upgrade path").</summary>
internal static class HybridCheck
{
    /// <summary>Checks names, lengths, alignment and pad files, and gives the v1 files the v2 roots.</summary>
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
                    throw Fail(file, MetainfoError.MisalignedFile, "The file does not begin a piece.");
                if (next == v2.Count)
                    throw Fail(file, MetainfoError.HybridMismatch, "The file is not in the file tree.");
                merged.Add(Match(file, v2[next++]));
            }

            offset += file.Length;
        }

        return next == v2.Count ? merged : throw Fail(v2[next], MetainfoError.HybridMismatch, "The file is not among the v1 files.");
    }

    private static void CheckPadding(RawFile pad, long offset, int pieceLength)
    {
        long gap = (pieceLength - (offset % pieceLength)) % pieceLength;
        if (pad.Length != gap)
            throw Fail(pad, MetainfoError.InvalidPadFile, $"The pad file has {pad.Length} bytes where {gap} lead to the next piece.");
    }

    private static RawFile Match(RawFile v1, RawFile v2)
    {
        if (!RawPath.SamePath(v1.Path, v2.Path))
            throw Fail(v1, MetainfoError.HybridMismatch, $"The file's path is not that of the file tree, '{v2.Path?.ToShortString()}'.");
        if (v1.Length != v2.Length)
            throw Fail(v1, MetainfoError.HybridMismatch, $"The file has {v1.Length} bytes, but {v2.Length} in the file tree.");
        if (v1.IsSymlink != v2.IsSymlink)
            throw Fail(v1, MetainfoError.HybridMismatch, "The file is a symlink in one part only.");
        return v1 with { Root = v2.Root };
    }

    private static MetainfoException Fail(RawFile file, MetainfoError code, string message) => file.Value.Fail(code, file.Location, message);
}
