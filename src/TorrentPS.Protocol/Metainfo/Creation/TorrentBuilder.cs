using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>Creates a metainfo file in canonical bencoding, from a layout and the hashes of its content.</summary>
public sealed class TorrentBuilder
{
    private readonly TorrentLayout _layout;

    /// <summary>Creates a builder for the files of a layout.</summary>
    public TorrentBuilder(TorrentLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        _layout = layout;
    }

    /// <summary>
    /// Concatenated SHA-1 hashes of the pieces of the layout, 20 bytes each. Pad files are hashed as zeros. The hashes
    /// are required for v1 and hybrid torrents.
    /// </summary>
    public ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>
    /// v2 hashes of the files, in the order of the layout's files. The element for an empty file or a pad file is null.
    /// The hashes are required for v2-only and hybrid torrents.
    /// </summary>
    public IReadOnlyList<FileHashes?> FileHashes { get; init; } = [];

    /// <summary>
    /// Tracker URLs by tier (BEP 12). The first URL of the first tier is also written as <c>announce</c>.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    /// <summary>Web seed URLs (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>DHT nodes from which a client can bootstrap its DHT node (BEP 5, <c>nodes</c>).</summary>
    public IReadOnlyList<HostEndPoint> Nodes { get; init; } = [];

    /// <summary>Whether the torrent is private: clients may take peers only from its trackers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>
    /// Value of <c>source</c> in the info dictionary, usually the name of the tracker, or null for none. Two torrents
    /// of the same files have different info hashes if these values differ.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>Comment for the users of the torrent, or null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>Name of the program that creates the torrent, or null to leave it out.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Time of creation, or null to leave it out. It is written with a precision of one second.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>Returns the encoded metainfo file.</summary>
    /// <exception cref="InvalidOperationException">
    /// The number or length of the hashes does not match the layout.
    /// </exception>
    public byte[] Build()
    {
        CheckHashes();
        var outer = new MetainfoWriter
        {
            Trackers = Trackers,
            Comment = Comment,
            CreatedBy = CreatedBy,
            CreationDate = CreationDate,
            Nodes = Nodes,
            PieceLayers = _layout.Version == MetainfoVersion.V1 ? null : PieceLayers(),
            WebSeeds = WebSeeds,
        };
        return outer.Write(
            writer => new InfoWriter(writer, _layout, PieceHashes, FileHashes, IsPrivate, Source).Write());
    }

    private IEnumerable<(ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> Layer)> PieceLayers()
    {
        for (int i = 0; i < _layout.Files.Count; i++)
        {
            if (_layout.Files[i].Length > _layout.PieceLength && FileHashes[i] is { } hashes)
                yield return (hashes.Root, hashes.PieceLayer);
        }
    }

    private void CheckHashes()
    {
        long pieceHashesLength = _layout.Geometry.PieceCount * (long)InfoHash.Length;
        if (_layout.Version != MetainfoVersion.V2 && PieceHashes.Length != pieceHashesLength)
        {
            throw new InvalidOperationException(
                $"Expected {pieceHashesLength} bytes of SHA-1 piece hashes, got {PieceHashes.Length} bytes.");
        }

        if (_layout.Version == MetainfoVersion.V1)
            return;
        if (FileHashes.Count != _layout.Files.Count)
        {
            throw new InvalidOperationException(
                $"Expected v2 hashes for {_layout.Files.Count} files, got {FileHashes.Count}.");
        }

        for (int i = 0; i < FileHashes.Count; i++)
            CheckHashes(_layout.Files[i], FileHashes[i]);
    }

    private void CheckHashes(NewTorrentFile file, FileHashes? hashes)
    {
        if (file.Length == 0 || file.IsPadding)
            return;
        bool needsLayer = file.Length > _layout.PieceLength;
        long layerLength = (((file.Length - 1) / _layout.PieceLength) + 1) * MerkleTree.HashLength;
        bool fit = hashes?.Root.Length == MerkleTree.HashLength
            && (!needsLayer || hashes.PieceLayer.Length == layerLength);
        if (!fit)
        {
            string path = string.Join('/', file.Path);
            throw new InvalidOperationException(
                $"The v2 hashes of '{path}' do not match its length of {file.Length} bytes.");
        }
    }
}

/// <summary>The v2 hashes of a file (BEP 52).</summary>
/// <param name="Root">Root of the file's hash tree, 32 bytes.</param>
/// <param name="PieceLayer">
/// Concatenated 32-byte hashes of the file's pieces. For a file of at most one piece, they are not used.
/// </param>
public sealed record FileHashes(ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> PieceLayer)
{
    /// <summary>Computes the v2 hashes of a file from the hashes of its 16 KiB blocks.</summary>
    /// <param name="leaves">Concatenated SHA-256 hashes of all blocks of the file, which must not be empty.</param>
    /// <param name="pieceLength">Piece length of the torrent in bytes: a power of two of at least 16 KiB.</param>
    public static FileHashes FromLeaves(ReadOnlySpan<byte> leaves, int pieceLength)
    {
        if (leaves.Length / MerkleTree.HashLength <= pieceLength / MerkleTree.LeafLength)
            return new FileHashes(MerkleTree.RootOfLeaves(leaves), default);
        byte[] layer = MerkleTree.PieceLayer(leaves, pieceLength);
        return new FileHashes(MerkleTree.RootOfPieceLayer(layer, pieceLength), layer);
    }
}
