using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Metainfo.Parsing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// Validated content of a metainfo file (BEP 3 for v1, BEP 52 for v2 and hybrid). Its names and paths are safe on
/// Windows, macOS and Linux.
/// </summary>
public sealed class TorrentMetainfo
{
    internal TorrentMetainfo()
    {
    }

    /// <summary>
    /// Safe name of the torrent's top-level folder. In a torrent without such a folder, it is the safe name of the only
    /// file.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>
    /// Name as given in the torrent if it differs from <see cref="Name"/>, otherwise null. Invalid UTF-8 and
    /// characters that are not displayable become U+FFFD.
    /// </summary>
    public string? OriginalName { get; init; }

    /// <summary>Format of the metainfo: v1, v2-only or hybrid.</summary>
    public required MetainfoVersion Version { get; init; }

    /// <summary>The v1 info hash, or null for a v2-only torrent.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash, or null for a v1-only torrent.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>
    /// Info hash for handshakes, trackers and the DHT: the v1 info hash if the torrent has one, otherwise the v2 info
    /// hash truncated to 20 bytes (BEP 52).
    /// </summary>
    public InfoHash WireHash => InfoHash ?? InfoHashV2!.Value.Truncate();

    /// <summary>Total length of the files in bytes, not counting pad files.</summary>
    public required long Size { get; init; }

    /// <summary>
    /// Piece length in bytes. The torrent's last piece may be shorter. In a v2-only torrent, the last piece of each
    /// file may be shorter.
    /// </summary>
    public int PieceLength => Geometry.PieceLength;

    /// <summary>Number of pieces in the torrent.</summary>
    public int PieceCount => Geometry.PieceCount;

    /// <summary>
    /// Division of the content into pieces. In v2-only torrents each file starts a new piece. In v1 and hybrid torrents
    /// the content is divided as one continuous sequence of bytes.
    /// </summary>
    public required TorrentGeometry Geometry { get; init; }

    /// <summary>All files in the order of the torrent, including pad files and empty files.</summary>
    public required IReadOnlyList<TorrentFile> Files { get; init; }

    /// <summary>
    /// Whether the torrent has a top-level folder. Even a torrent with a single file may have a folder.
    /// </summary>
    public required bool IsMultiFile { get; init; }

    /// <summary>Tracker URLs by tier (BEP 12). A torrent with only <c>announce</c> has one tier with one URL.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    /// <summary>URLs of web servers that have the files of the torrent (BEP 19, <c>url-list</c>).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>URLs of scripts on web servers that serve pieces of the torrent (BEP 17, <c>httpseeds</c>).</summary>
    public IReadOnlyList<string> HttpSeeds { get; init; } = [];

    /// <summary>DHT nodes from which a client can bootstrap its DHT node (BEP 5, <c>nodes</c>).</summary>
    public IReadOnlyList<HostEndPoint> Nodes { get; init; } = [];

    /// <summary>Whether the torrent is private: clients may take peers only from its trackers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Comment of the torrent's author, or null if the torrent has none.</summary>
    public string? Comment { get; init; }

    /// <summary>Program that created the torrent, or null if the torrent does not name it.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>
    /// Value of <c>source</c> in the info dictionary, or null if absent. It usually names the tracker that published
    /// the torrent. Two torrents of the same files have different info hashes if these values differ.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>Time of creation in UTC, or null if the torrent has none.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>Problems in the metainfo that were corrected or ignored when it was parsed.</summary>
    public IReadOnlyList<TorrentWarning> Warnings { get; init; } = [];

    /// <summary>
    /// The encoded info dictionary, byte for byte as in the metainfo file. Its SHA-1 is the v1 info hash, and its
    /// SHA-256 is the v2 info hash.
    /// </summary>
    public required ReadOnlyMemory<byte> InfoBytes { get; init; }

    /// <summary>
    /// Whether the piece layer of a file is missing in a v2 or hybrid torrent. Files of at most one piece need none.
    /// Piece layers are not part of the info dictionary, so a magnet download does not include them (BEP 52). This
    /// client does not request them from peers. Without them, a hybrid torrent is verified by its v1 hashes, and a
    /// v2-only torrent cannot be verified.
    /// </summary>
    public bool LacksPieceLayers { get; init; }

    /// <summary>Concatenated SHA-1 hashes of the pieces, 20 bytes each, or empty for a v2-only torrent.</summary>
    internal ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>
    /// The files whose pieces can be verified by v2 hashes, ordered by first piece: files with a piece layer, and files
    /// of at most one piece. The list is empty for a v1-only torrent.
    /// </summary>
    internal IReadOnlyList<TorrentFile> HashedFiles { get; init; } = [];

    /// <summary>Parses a metainfo file.</summary>
    /// <param name="data">
    /// Content of the file. It must not be changed while the result is in use, because the hashes are slices of it.
    /// </param>
    /// <param name="limits">Limits on the metainfo, or null for <see cref="MetainfoLimits.Default"/>.</param>
    /// <exception cref="MetainfoException">The metainfo is invalid or exceeds a limit.</exception>
    public static TorrentMetainfo Parse(ReadOnlyMemory<byte> data, MetainfoLimits? limits = null) =>
        MetainfoParser.Parse(data, limits ?? MetainfoLimits.Default);

    /// <summary>Parses an info dictionary alone, as peers send it for a magnet link (BEP 9).</summary>
    /// <param name="info">The encoded info dictionary.</param>
    /// <param name="link">
    /// The magnet link. The info hashes in the link must be those of the info dictionary. The torrent gets the web
    /// seeds and trackers of the link. Each tracker gets a tier of its own.
    /// </param>
    /// <param name="limits">
    /// Limits on the metainfo, or null for <see cref="MetainfoLimits.Default"/>. <see cref="MetainfoLimits.MaxSize"/>
    /// is not applied, so the caller must limit the length of <paramref name="info"/>.
    /// </param>
    /// <returns>
    /// The torrent. <see cref="LacksPieceLayers"/> is true if it is v2 or hybrid and has a file of several pieces.
    /// </returns>
    /// <exception cref="MetainfoException">
    /// The info dictionary does not match the link, is invalid, or exceeds a limit.
    /// </exception>
    public static TorrentMetainfo ParseInfo(ReadOnlyMemory<byte> info, MagnetLink link, MetainfoLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        return MetainfoParser.ParseInfo(info, link, limits ?? MetainfoLimits.Default);
    }

    /// <summary>Returns the SHA-1 hash of a piece, 20 bytes (BEP 3, <c>pieces</c>).</summary>
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
    /// Gets the root of the subtree over a piece in the hash tree of its file (BEP 52). It is the piece's hash in the
    /// piece layer. For a file of at most one piece, it is the <c>pieces root</c>.
    /// </summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="root">The root, 32 bytes.</param>
    /// <param name="treeWidth">
    /// Number of leaves in the subtree, including padding. It is a power of two. Each leaf is the hash of a 16 KiB
    /// block.
    /// </param>
    /// <returns>
    /// False if the torrent is v1-only, the file lacks its piece layer, or the index is outside the torrent.
    /// </returns>
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
    /// Returns a magnet link to this torrent, with its info hashes, name, trackers, web seeds and total length.
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
    /// Encodes the torrent as a metainfo file. The info dictionary is copied byte for byte, so the info hashes stay the
    /// same.
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
            PieceLayers = Version == MetainfoVersion.V1
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
    /// <summary>v1: SHA-1 hashes of pieces, which may contain parts of several files (BEP 3).</summary>
    V1,

    /// <summary>v2 only: SHA-256 hash trees, one for each file (BEP 52).</summary>
    V2,

    /// <summary>v1 and v2 together, describing the same files (BEP 52).</summary>
    Hybrid,
}
