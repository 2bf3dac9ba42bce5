using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS;

/// <summary>Result of Test-Torrent: the files and pieces on disk that match the torrent.</summary>
public sealed class TorrentTestResult
{
    internal TorrentTestResult(TorrentMetainfo metainfo, string dataPath, ContentCheckResult check)
    {
        Name = metainfo.Name;
        InfoHash = metainfo.InfoHash?.ToString();
        InfoHashV2 = metainfo.InfoHashV2?.ToString();
        DataPath = dataPath;
        Size = metainfo.Size;
        IsComplete = check.IsComplete;
        PieceCount = metainfo.PieceCount;
        Pieces =
        [
            .. Enumerable.Range(0, metainfo.PieceCount).Select(
                piece => check.Verified.Contains(new PieceIndex(piece))),
        ];
        PiecesGood = Pieces.Count(good => good);
        Files = [.. check.Files.Select(file => new TorrentFileTest(metainfo.Files[file.Index], file))];
    }

    /// <summary>The torrent's name.</summary>
    public string Name { get; }

    /// <summary>Whether all files exist and all pieces match their hashes.</summary>
    public bool IsComplete { get; }

    /// <summary>Percentage of the pieces that match their hashes, from 0 to 100.</summary>
    public double Progress => PieceCount == 0 ? 100 : 100.0 * PiecesGood / PieceCount;

    /// <summary>Total size of the content in bytes.</summary>
    public long Size { get; }

    /// <summary>Number of pieces of the torrent.</summary>
    public int PieceCount { get; }

    /// <summary>Number of pieces that match their hashes.</summary>
    public int PiecesGood { get; }

    /// <summary>Result for each file, in the torrent's order.</summary>
    public FlatList<TorrentFileTest> Files { get; }

    /// <summary>For each piece, whether it matches its hash. The list index is the piece index.</summary>
    public FlatList<bool> Pieces { get; }

    /// <summary>Full path of the folder that contains the top-level file or folder.</summary>
    public string DataPath { get; }

    /// <summary>The v1 info hash in lower-case hexadecimal; null if there is none.</summary>
    public string? InfoHash { get; }

    /// <summary>The v2 info hash in lower-case hexadecimal; null if there is none.</summary>
    public string? InfoHashV2 { get; }

    /// <summary>Returns the name, the number of pieces that match their hashes, and the number of all pieces.</summary>
    public override string ToString() => $"{Name}: {PiecesGood} of {PieceCount} pieces";
}
