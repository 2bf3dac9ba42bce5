using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS;

/// <summary>What a check of data against a torrent found.</summary>
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
        Pieces = Enumerable.Range(0, metainfo.PieceCount).Select(piece => check.Verified.Contains(new PieceIndex(piece))).ToArray();
        PiecesGood = Pieces.Count(good => good);
        Files = check.Files.Select(file => new TorrentFileTest(metainfo.Files[file.Index], file)).ToArray();
    }

    /// <summary>The torrent's name.</summary>
    public string Name { get; }

    /// <summary>Whether every byte is there and right.</summary>
    public bool IsComplete { get; }

    /// <summary>The part of the pieces that are right, 0–100.</summary>
    public double Progress => PieceCount == 0 ? 100 : 100.0 * PiecesGood / PieceCount;

    /// <summary>All content in bytes.</summary>
    public long Size { get; }

    /// <summary>How many pieces the torrent has.</summary>
    public int PieceCount { get; }

    /// <summary>How many pieces are right.</summary>
    public int PiecesGood { get; }

    /// <summary>What was found of each file, in the torrent's order.</summary>
    public IReadOnlyList<TorrentFileTest> Files { get; }

    /// <summary>For each piece whether it is there and right.</summary>
    public IReadOnlyList<bool> Pieces { get; }

    /// <summary>The folder that holds the content.</summary>
    public string DataPath { get; }

    /// <summary>The v1 info hash in lower-case hex, or null.</summary>
    public string? InfoHash { get; }

    /// <summary>The v2 info hash in lower-case hex, or null.</summary>
    public string? InfoHashV2 { get; }

    /// <summary>The name and how much is right.</summary>
    public override string ToString() => $"{Name}: {PiecesGood} of {PieceCount} pieces";
}
