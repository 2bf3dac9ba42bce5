using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Metainfo.Parsing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>A torrent: what a metainfo file says (BEP 3 for v1, BEP 52 for v2 and hybrid), validated, and safe to act on.</summary>
public sealed class TorrentMetainfo
{
    internal TorrentMetainfo()
    {
    }

    /// <summary>The torrent's name, made safe: the name of the top-level folder, or of the only file.</summary>
    public required string Name { get; init; }

    /// <summary>The name as the torrent has it (U+FFFD for what is not UTF-8), when <see cref="Name"/> had to differ; else null.</summary>
    public string? OriginalName { get; init; }

    /// <summary>Which generation of the format this is.</summary>
    public required MetainfoVersion Version { get; init; }

    /// <summary>The v1 info hash; null for a v2-only torrent.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash; null for a v1-only torrent.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>What handshakes and trackers use: the v1 info hash where there is one, else the v2 one cut to 20 bytes (BEP 52).</summary>
    public InfoHash WireHash => InfoHash ?? InfoHashV2!.Value.Truncate();

    /// <summary>The length of all files in bytes, pad files not counted.</summary>
    public required long Size { get; init; }

    /// <summary>The nominal length of a piece in bytes.</summary>
    public int PieceLength => Geometry.PieceLength;

    /// <summary>How many pieces there are.</summary>
    public int PieceCount => Geometry.PieceCount;

    /// <summary>How the torrent's bytes divide into pieces: one run for v1 and hybrid torrents, file-aligned for v2-only ones.</summary>
    public required TorrentGeometry Geometry { get; init; }

    /// <summary>All files in the torrent's order, pad files and empty ones included.</summary>
    public required IReadOnlyList<TorrentFile> Files { get; init; }

    /// <summary>Whether there is a top-level folder, even if it holds a single file.</summary>
    public required bool IsMultiFile { get; init; }

    /// <summary>Tracker addresses by tiers (BEP 12); <c>announce</c> alone is one tier of one.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    /// <summary>Addresses of web servers that hold the files (BEP 19, <c>url-list</c>).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Addresses of scripts that serve pieces (BEP 17, <c>httpseeds</c>).</summary>
    public IReadOnlyList<string> HttpSeeds { get; init; } = [];

    /// <summary>DHT nodes to begin with (BEP 5).</summary>
    public IReadOnlyList<HostEndPoint> Nodes { get; init; } = [];

    /// <summary>Whether peers may come from the trackers alone (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A remark by the author, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that made the torrent, or null.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Where the torrent was published: part of the info dictionary, so that it changes the info hash; or null.</summary>
    public string? Source { get; init; }

    /// <summary>When the torrent was made, or null.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>What was odd, and made safe or ignored.</summary>
    public IReadOnlyList<TorrentWarning> Warnings { get; init; } = [];

    /// <summary>The info dictionary exactly as it stands in the data: what the info hashes are over.</summary>
    public required ReadOnlyMemory<byte> InfoBytes { get; init; }

    /// <summary>
    /// Whether the torrent has a v2 part without the piece layers to verify it by, since they are no part of the info dictionary (BEP 52):
    /// the v1 part of a hybrid torrent does without, the content of a v2-only one can't be told right from wrong.
    /// </summary>
    public bool LacksPieceLayers { get; init; }

    /// <summary>The concatenated SHA-1 hashes; empty for a v2-only torrent.</summary>
    internal ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>The files that have v2 hashes, by first piece; empty for a v1-only torrent.</summary>
    internal IReadOnlyList<TorrentFile> HashedFiles { get; init; } = [];

    /// <summary>Reads a metainfo file.</summary>
    /// <param name="data">The whole file; must not change as long as the result is used, for hashes are slices of it.</param>
    /// <param name="limits">The limits, or the default ones.</param>
    /// <exception cref="MetainfoException">The torrent is structurally wrong, or goes beyond a limit.</exception>
    public static TorrentMetainfo Parse(ReadOnlyMemory<byte> data, MetainfoLimits? limits = null) =>
        MetainfoParser.Parse(data, limits ?? MetainfoLimits.Default);

    /// <summary>Reads an info dictionary alone, as peers give it to who has but a magnet link (BEP 9).</summary>
    /// <param name="info">The info dictionary.</param>
    /// <param name="link">The link: the dictionary must have its hashes, and its trackers and web seeds become the torrent's.</param>
    /// <param name="limits">The limits, or the default ones; the length alone is the caller's to bound.</param>
    /// <returns>The torrent. One with a v2 part lacks piece layers (<see cref="LacksPieceLayers"/>).</returns>
    /// <exception cref="MetainfoException">It is not what the link names, is structurally wrong, or goes beyond a limit.</exception>
    public static TorrentMetainfo ParseInfo(ReadOnlyMemory<byte> info, MagnetLink link, MetainfoLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        return MetainfoParser.ParseInfo(info, link, limits ?? MetainfoLimits.Default);
    }

    /// <summary>The SHA-1 of a piece, 20 bytes (BEP 3).</summary>
    /// <exception cref="InvalidOperationException">The torrent is v2-only.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public ReadOnlySpan<byte> PieceHash(PieceIndex piece)
    {
        if (Version == MetainfoVersion.V2)
            throw new InvalidOperationException("A v2 torrent has no SHA-1 piece hashes.");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece.Value, (uint)PieceCount, nameof(piece));
        return PieceHashes.Span.Slice(piece.Value * Primitives.InfoHash.Length, Primitives.InfoHash.Length);
    }

    /// <summary>The SHA-256 tree hash of a piece (BEP 52): its entry in the piece layer, or its file's root when that is all of it.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="root">32 bytes.</param>
    /// <param name="treeWidth">How many leaves of 16 KiB, padding included, the tree has whose root this is; a power of two.</param>
    /// <returns>False when the torrent is v1-only, or there is no such piece.</returns>
    public bool TryGetPieceRoot(PieceIndex piece, out ReadOnlySpan<byte> root, out int treeWidth)
    {
        root = default;
        treeWidth = 0;
        if (!TryFindHashedFile(piece, out TorrentFile? file))
            return false;
        treeWidth = MerkleTree.LeavesPerPieceTree(file.Length, PieceLength);
        root = file.PieceLayer.IsEmpty
            ? file.PiecesRoot.Span
            : file.PieceLayer.Span.Slice((piece.Value - file.FirstPiece.Value) * MerkleTree.HashLength, MerkleTree.HashLength);
        return true;
    }

    /// <summary>The magnet link that leads to this torrent: hashes, name, trackers, web seeds and size.</summary>
    public MagnetLink ToMagnet() => new()
    {
        InfoHash = InfoHash,
        InfoHashV2 = InfoHashV2,
        DisplayName = Name,
        Trackers = [.. Trackers.SelectMany(tier => tier)],
        WebSeeds = WebSeeds,
        ExactLength = Size,
    };

    /// <summary>A metainfo file that says all that this one does, the info dictionary byte for byte.</summary>
    public byte[] ToTorrentFile()
    {
        var outer = new MetainfoWriter
        {
            Trackers = Trackers,
            Comment = Comment,
            CreatedBy = CreatedBy,
            CreationDate = CreationDate,
            HttpSeeds = HttpSeeds,
            Nodes = Nodes,
            PieceLayers = Version == MetainfoVersion.V1 || LacksPieceLayers
                ? null
                : Files.Where(file => !file.PieceLayer.IsEmpty).Select(file => (file.PiecesRoot, file.PieceLayer)),
            WebSeeds = WebSeeds,
        };
        return outer.Write(writer => writer.WriteRaw(InfoBytes.Span));
    }

    private bool TryFindHashedFile(PieceIndex piece, [NotNullWhen(true)] out TorrentFile? file)
    {
        int low = 0;
        int high = HashedFiles.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            file = HashedFiles[middle];
            if (piece < file.FirstPiece)
                high = middle - 1;
            else if (piece.Value >= file.FirstPiece.Value + file.PieceSpan)
                low = middle + 1;
            else
                return true;
        }

        file = null;
        return false;
    }
}

/// <summary>Which generation of the format a torrent has.</summary>
public enum MetainfoVersion
{
    /// <summary>SHA-1 over pieces that run across files (BEP 3).</summary>
    V1,

    /// <summary>A SHA-256 tree for each file (BEP 52).</summary>
    V2,

    /// <summary>Both, over the same files.</summary>
    Hybrid,
}
