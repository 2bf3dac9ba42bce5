using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Metainfo.Parsing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// The content of a metainfo file (BEP 3 for v1, BEP 52 for v2 and hybrid), validated. Names and paths are safe on
/// Windows, macOS and Linux.
/// </summary>
public sealed class TorrentMetainfo
{
    internal TorrentMetainfo()
    {
    }

    /// <summary>Safe name of the top-level folder, or of the only file in a torrent without one.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Name as given in the torrent, if <see cref="Name"/> differs from it; otherwise null. Invalid UTF-8 becomes
    /// U+FFFD.
    /// </summary>
    public string? OriginalName { get; init; }

    /// <summary>Format of the metainfo.</summary>
    public required MetainfoVersion Version { get; init; }

    /// <summary>The v1 info hash; null for a v2-only torrent.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash; null for a v1-only torrent.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>
    /// Info hash for handshakes, trackers and the DHT: the v1 info hash if there is one, otherwise the v2 info hash
    /// truncated to 20 bytes (BEP 52).
    /// </summary>
    public InfoHash WireHash => InfoHash ?? InfoHashV2!.Value.Truncate();

    /// <summary>Total length of the files in bytes, without pad files.</summary>
    public required long Size { get; init; }

    /// <summary>Piece length in bytes. The last piece, or the last piece of a v2 file, may be shorter.</summary>
    public int PieceLength => Geometry.PieceLength;

    /// <summary>Number of pieces.</summary>
    public int PieceCount => Geometry.PieceCount;

    /// <summary>
    /// Division of the content into pieces: continuous for v1 and hybrid torrents, aligned to files for v2-only
    /// torrents.
    /// </summary>
    public required TorrentGeometry Geometry { get; init; }

    /// <summary>All files in the order of the torrent, including pad files and empty files.</summary>
    public required IReadOnlyList<TorrentFile> Files { get; init; }

    /// <summary>Whether the torrent has a top-level folder, which may contain a single file.</summary>
    public required bool IsMultiFile { get; init; }

    /// <summary>Tracker URLs by tier (BEP 12). A torrent with only <c>announce</c> has one tier with one URL.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    /// <summary>URLs of web servers that have the files (BEP 19, <c>url-list</c>).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>URLs of scripts that serve pieces (BEP 17, <c>httpseeds</c>).</summary>
    public IReadOnlyList<string> HttpSeeds { get; init; } = [];

    /// <summary>DHT nodes to bootstrap from (BEP 5).</summary>
    public IReadOnlyList<HostEndPoint> Nodes { get; init; } = [];

    /// <summary>Whether the torrent is private: peers may come only from its trackers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Comment of the author, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>Program that created the torrent, or null.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>
    /// Text in the info dictionary that identifies where the torrent was published, or null. It changes the info hash.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>Time of creation in UTC, or null.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>Problems in the metainfo that were corrected or ignored.</summary>
    public IReadOnlyList<TorrentWarning> Warnings { get; init; } = [];

    /// <summary>The encoded info dictionary, byte for byte as in the data. The info hashes are its hashes.</summary>
    public required ReadOnlyMemory<byte> InfoBytes { get; init; }

    /// <summary>
    /// Whether the torrent has a v2 part but no piece layers, which are not part of the info dictionary (BEP 52). A
    /// hybrid torrent is then verified by its v1 hashes. The content of a v2-only torrent cannot be verified.
    /// </summary>
    public bool LacksPieceLayers { get; init; }

    /// <summary>Concatenated SHA-1 hashes of the pieces. Empty for a v2-only torrent.</summary>
    internal ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>
    /// Files with v2 hashes, ordered by first piece. Empty for a v1-only torrent, and if the torrent lacks piece
    /// layers.
    /// </summary>
    internal IReadOnlyList<TorrentFile> HashedFiles { get; init; } = [];

    /// <summary>Parses a metainfo file.</summary>
    /// <param name="data">
    /// Content of the file. It must not change while the result is in use, because the hashes are slices of it.
    /// </param>
    /// <param name="limits">The limits; null for <see cref="MetainfoLimits.Default"/>.</param>
    /// <exception cref="MetainfoException">The metainfo is invalid or exceeds a limit.</exception>
    public static TorrentMetainfo Parse(ReadOnlyMemory<byte> data, MetainfoLimits? limits = null) =>
        MetainfoParser.Parse(data, limits ?? MetainfoLimits.Default);

    /// <summary>
    /// Parses an info dictionary without a metainfo file around it, as peers send it for a magnet link (BEP 9).
    /// </summary>
    /// <param name="info">The encoded info dictionary.</param>
    /// <param name="link">
    /// The magnet link. The info dictionary must have its info hashes. The trackers, each in a tier of its own, and the
    /// web seeds of the link become those of the torrent.
    /// </param>
    /// <param name="limits">
    /// The limits; null for <see cref="MetainfoLimits.Default"/>. <see cref="MetainfoLimits.MaxSize"/> is not applied:
    /// the caller limits the length of <paramref name="info"/>.
    /// </param>
    /// <returns>The torrent. If it has a v2 part, it lacks piece layers (<see cref="LacksPieceLayers"/>).</returns>
    /// <exception cref="MetainfoException">
    /// The info dictionary does not match the link, is invalid, or exceeds a limit.
    /// </exception>
    public static TorrentMetainfo ParseInfo(ReadOnlyMemory<byte> info, MagnetLink link, MetainfoLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        return MetainfoParser.ParseInfo(info, link, limits ?? MetainfoLimits.Default);
    }

    /// <summary>Returns the SHA-1 hash of a piece, 20 bytes (BEP 3).</summary>
    /// <exception cref="InvalidOperationException">The torrent is v2-only.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the torrent.</exception>
    public ReadOnlySpan<byte> PieceHash(PieceIndex piece)
    {
        if (Version == MetainfoVersion.V2)
            throw new InvalidOperationException("A v2 torrent has no SHA-1 piece hashes.");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece.Value, (uint)PieceCount, nameof(piece));
        return PieceHashes.Span.Slice(piece.Value * Primitives.InfoHash.Length, Primitives.InfoHash.Length);
    }

    /// <summary>
    /// Gets the root of a piece's hash tree (BEP 52): the piece's hash in the piece layer, or <c>pieces root</c> if the
    /// file fits in one piece.
    /// </summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="root">The root, 32 bytes.</param>
    /// <param name="treeWidth">Number of 16 KiB leaves in the tree, padding included; a power of two.</param>
    /// <returns>False if the torrent is v1-only or lacks piece layers, or the index is outside the torrent.</returns>
    public bool TryGetPieceRoot(PieceIndex piece, out ReadOnlySpan<byte> root, out int treeWidth)
    {
        root = default;
        treeWidth = 0;
        if (!TryFindHashedFile(piece, out TorrentFile? file))
            return false;
        treeWidth = MerkleTree.LeavesPerPieceTree(file.Length, PieceLength);
        root = file.PieceLayer.IsEmpty
            ? file.PiecesRoot.Span
            : file.PieceLayer.Span.Slice(
                (piece.Value - file.FirstPiece.Value) * MerkleTree.HashLength, MerkleTree.HashLength);
        return true;
    }

    /// <summary>
    /// Returns a magnet link to this torrent with its info hashes, name, trackers, web seeds and size.
    /// </summary>
    public MagnetLink ToMagnet() => new()
    {
        InfoHash = InfoHash,
        InfoHashV2 = InfoHashV2,
        DisplayName = Name,
        Trackers = [.. Trackers.SelectMany(tier => tier)],
        WebSeeds = WebSeeds,
        ExactLength = Size,
    };

    /// <summary>
    /// Encodes a metainfo file with the content of this object. The info dictionary is copied byte for byte.
    /// </summary>
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

/// <summary>Format of the metainfo of a torrent.</summary>
public enum MetainfoVersion
{
    /// <summary>SHA-1 hashes of pieces that may span several files (BEP 3).</summary>
    V1,

    /// <summary>A SHA-256 hash tree for each file (BEP 52).</summary>
    V2,

    /// <summary>Both formats, describing the same files (BEP 52).</summary>
    Hybrid,
}
