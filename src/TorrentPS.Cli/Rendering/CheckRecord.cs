using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cli.Rendering;

/// <summary>Result of checking content on disk against a torrent. Sizes are in bytes.</summary>
internal sealed record CheckRecord
{
    public required string Name { get; init; }

    public bool IsComplete { get; init; }

    /// <summary>Percentage of the pieces that match their hashes, from 0 to 100.</summary>
    public double Progress { get; init; }

    public long Size { get; init; }

    public int PieceCount { get; init; }

    public int GoodPieces { get; init; }

    /// <summary>
    /// Indexes of the pieces that are missing or wrong, as ranges such as <c>3</c> and <c>7-12</c>. Both ends are
    /// included.
    /// </summary>
    public required IReadOnlyList<string> BadPieces { get; init; }

    public string? InfoHash { get; init; }

    public string? InfoHashV2 { get; init; }

    public required IReadOnlyList<CheckedFileRecord> Files { get; init; }

    public static CheckRecord Of(TorrentMetainfo metainfo, ContentCheckResult result)
    {
        bool[] good = [.. Enumerable.Range(0, metainfo.PieceCount).Select(
            piece => result.Verified.Contains(new PieceIndex(piece)))];
        int count = good.Count(piece => piece);
        return new CheckRecord
        {
            Name = metainfo.Name,
            IsComplete = result.IsComplete,
            Progress = good.Length == 0 ? (result.IsComplete ? 100 : 0) : 100.0 * count / good.Length,
            Size = metainfo.Size,
            PieceCount = good.Length,
            GoodPieces = count,
            BadPieces = [.. Ranges(good)],
            InfoHash = metainfo.InfoHash?.ToString(),
            InfoHashV2 = metainfo.InfoHashV2?.ToString(),
            Files = [.. result.Files.Select(file => CheckedFileRecord.Of(metainfo, file))],
        };
    }

    private static IEnumerable<string> Ranges(bool[] good)
    {
        for (int i = 0; i < good.Length; i++)
        {
            if (good[i])
                continue;
            int first = i;
            while (i + 1 < good.Length && !good[i + 1])
                i++;
            yield return first == i ? $"{first}" : $"{first}-{i}";
        }
    }
}

/// <summary>Result of checking one file. Sizes are in bytes.</summary>
internal sealed record CheckedFileRecord
{
    public int Index { get; init; }

    public required string Path { get; init; }

    public long Size { get; init; }

    public long SizeOnDisk { get; init; }

    public bool Exists { get; init; }

    public bool IsComplete { get; init; }

    public int PieceCount { get; init; }

    public int GoodPieces { get; init; }

    public string? Fault { get; init; }

    public static CheckedFileRecord Of(TorrentMetainfo metainfo, FileCheckResult file) => new()
    {
        Index = file.Index,
        Path = metainfo.Files[file.Index].Path,
        Size = file.Length,
        SizeOnDisk = file.LengthOnDisk,
        Exists = file.Exists,
        IsComplete = file.IsComplete,
        PieceCount = file.Pieces,
        GoodPieces = file.GoodPieces,
        Fault = file.Fault?.Message,
    };
}
