using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>Writes a metainfo file in canonical bencoding, from a layout and the hashes of its content.</summary>
public sealed class TorrentBuilder
{
    private readonly TorrentLayout _layout;

    /// <summary>A builder for the files of a layout.</summary>
    public TorrentBuilder(TorrentLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        _layout = layout;
    }

    /// <summary>The concatenated SHA-1 of every piece of the layout, pad files as zeros; for v1 and hybrid torrents.</summary>
    public ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>The v2 hashes of each file of the layout by its index there; null for empty and pad files. For v2 and hybrid torrents.</summary>
    public IReadOnlyList<FileHashes?> FileHashes { get; init; } = [];

    /// <summary>Tracker addresses by tiers (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    /// <summary>Web seed addresses (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>DHT nodes (BEP 5).</summary>
    public IReadOnlyList<HostEndPoint> Nodes { get; init; } = [];

    /// <summary>Whether peers may come from the trackers alone (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A mark inside the info dictionary, so that it changes the info hash; or null.</summary>
    public string? Source { get; init; }

    /// <summary>A remark, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that makes the torrent, or null.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When it is made, to the second; or null.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>The metainfo file.</summary>
    /// <exception cref="InvalidOperationException">The hashes are not those the layout asks for.</exception>
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
        return outer.Write(writer => new InfoWriter(writer, _layout, PieceHashes, FileHashes, IsPrivate, Source).Write());
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
        if (_layout.Version != MetainfoVersion.V2 && PieceHashes.Length != _layout.Geometry.PieceCount * (long)InfoHash.Length)
            throw new InvalidOperationException($"Expected {_layout.Geometry.PieceCount} piece hashes, got {PieceHashes.Length} bytes.");
        if (_layout.Version == MetainfoVersion.V1)
            return;
        if (FileHashes.Count != _layout.Files.Count)
            throw new InvalidOperationException($"Expected the hashes of {_layout.Files.Count} files, got {FileHashes.Count}.");
        for (int i = 0; i < FileHashes.Count; i++)
            CheckHashes(_layout.Files[i], FileHashes[i]);
    }

    private void CheckHashes(NewTorrentFile file, FileHashes? hashes)
    {
        if (file.Length == 0 || file.IsPadding)
            return;
        bool needsLayer = file.Length > _layout.PieceLength;
        long layerLength = (((file.Length - 1) / _layout.PieceLength) + 1) * MerkleTree.HashLength;
        if (hashes is null || hashes.Root.Length != MerkleTree.HashLength || (needsLayer && hashes.PieceLayer.Length != layerLength))
            throw new InvalidOperationException($"The hashes of '{string.Join('/', file.Path)}' are not those of {file.Length} bytes.");
    }
}

/// <summary>The v2 hashes of one file (BEP 52).</summary>
/// <param name="Root">The root of the file's tree, 32 bytes.</param>
/// <param name="PieceLayer">The concatenated 32-byte hashes of its pieces; unused for a file of at most one piece.</param>
public sealed record FileHashes(ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> PieceLayer)
{
    /// <summary>The hashes of a file, from those of its 16 KiB blocks.</summary>
    /// <param name="leaves">The concatenated SHA-256 of every block, at least one.</param>
    /// <param name="pieceLength">The torrent's piece length in bytes.</param>
    public static FileHashes FromLeaves(ReadOnlySpan<byte> leaves, int pieceLength)
    {
        if (leaves.Length / MerkleTree.HashLength <= pieceLength / MerkleTree.LeafLength)
            return new FileHashes(MerkleTree.RootOfLeaves(leaves), default);
        byte[] layer = MerkleTree.PieceLayer(leaves, pieceLength);
        return new FileHashes(MerkleTree.RootOfPieceLayer(layer, pieceLength), layer);
    }
}
