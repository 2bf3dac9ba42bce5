using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>Creates torrents from files and folders. Writes no files.</summary>
public static class TorrentCreator
{
    /// <summary>Creates a torrent from a file, or from a folder and its subfolders.</summary>
    /// <remarks>
    /// Files are sorted by path: by UTF-16 code units for v1, by UTF-8 bytes for v2 and hybrid torrents (BEP 52).
    /// Symbolic links inside the folder and empty folders are skipped.
    /// </remarks>
    /// <param name="path">Path of the file or folder. Its name becomes the name of the torrent.</param>
    /// <param name="options">Options of the torrent.</param>
    /// <param name="time">Clock for the creation date; null means the system clock.</param>
    /// <param name="progress">
    /// Receives the progress after each batch of pieces (about 4 MiB), on any thread. Null if the caller needs no
    /// progress.
    /// </param>
    /// <param name="cancellation">Cancels the creation before the next read.</param>
    /// <returns>The bytes of the .torrent file.</returns>
    /// <exception cref="StorageException">
    /// The path does not exist, a file cannot be read, a file changed while it was read, or a name cannot be used in a
    /// torrent.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// All files are empty, the piece length is invalid, or the path is empty or the root of a volume.
    /// </exception>
    /// <exception cref="OperationCanceledException">The creation was cancelled.</exception>
    public static async Task<byte[]> CreateAsync(
        string path,
        TorrentCreationOptions options,
        TimeProvider? time = null,
        IProgress<ContentProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string name = Path.GetFileName(full);
        if (name.Length == 0)
        {
            throw new ArgumentException(
                $"Cannot create a torrent of '{path}': the root of a volume has no name. Choose a folder in it.",
                nameof(path));
        }

        IReadOnlyList<SourceFile> sources = await Task.Run(() => SourceFile.Find(full), cancellation);
        TorrentLayout layout = PlanLayout(name, File.Exists(full), sources, options);
        using var files = new DestinationFiles(ContentLayoutOf(layout), Path.GetDirectoryName(full)!);
        var hashes = new HashCollector(files.Layout, layout.Version);
        await new ContentScanner(files, options.Threads, hashes.NeedsSha1Only).ScanAsync(
            hashes.CreateSink, _ => true, progress is null ? null : Reporter(progress, layout.Geometry), cancellation);
        foreach (SourceFile source in sources)
            source.CheckUnchanged();

        return new TorrentBuilder(layout)
        {
            PieceHashes = hashes.PieceHashes,
            FileHashes = hashes.FileHashes(),
            Trackers = options.Trackers,
            WebSeeds = options.WebSeeds,
            IsPrivate = options.IsPrivate,
            Source = options.Source,
            Comment = options.Comment,
            CreatedBy = options.CreatedBy,
            CreationDate = options.HasCreationDate ? (time ?? TimeProvider.System).GetUtcNow() : null,
        }.Build();
    }

    private static TorrentLayout PlanLayout(
        string name, bool isFile, IReadOnlyList<SourceFile> sources, TorrentCreationOptions options)
    {
        int pieceLength = options.PieceLength ?? PieceLengthChooser.Choose(sources.Sum(source => source.Length));
        return isFile
            ? TorrentLayout.SingleFile(options.Version, pieceLength, name, sources[0].Length)
            : TorrentLayout.Folder(
                options.Version,
                pieceLength,
                name,
                sources.Select(source => new NewTorrentFile { Path = source.Components, Length = source.Length }));
    }

    private static ContentLayout ContentLayoutOf(TorrentLayout layout)
    {
        var files = new List<ContentFile>(layout.Files.Count);
        long offset = 0;
        foreach (NewTorrentFile file in layout.Files)
        {
            string path = string.Join('/', file.Path);
            string fullPath = layout.IsMultiFile ? $"{layout.Name}/{path}" : path;
            files.Add(new ContentFile(fullPath, offset, file.Length, file.IsPadding));
            offset += file.Length;
            if (layout.Version == MetainfoVersion.V2)
                offset = (offset + layout.PieceLength - 1) / layout.PieceLength * layout.PieceLength;
        }

        return new ContentLayout(layout.Geometry, files);
    }

    private static Action<int, long> Reporter(IProgress<ContentProgress> progress, TorrentGeometry geometry)
    {
        int pieces = 0;
        long bytes = 0;
        return (morePieces, moreBytes) => progress.Report(new ContentProgress(
            Interlocked.Add(ref pieces, morePieces),
            geometry.PieceCount,
            Interlocked.Add(ref bytes, moreBytes),
            geometry.TotalLength));
    }
}

/// <summary>Options of a new torrent.</summary>
public sealed record TorrentCreationOptions
{
    /// <summary>
    /// Version of the torrent format: v1, v2 or hybrid. The default is v1, which every client supports.
    /// </summary>
    public MetainfoVersion Version { get; init; } = MetainfoVersion.V1;

    /// <summary>Piece length in bytes. If null, the piece length depends on the size of the content.</summary>
    public int? PieceLength { get; init; }

    /// <summary>Whether the torrent is private: clients get peers from its trackers only (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>The "source" key of the info dictionary, which changes the info hash; null for none.</summary>
    public string? Source { get; init; }

    /// <summary>The "comment" key of the torrent file (BEP 3); null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>
    /// The "created by" key of the torrent file (BEP 3): name of the program that creates the torrent; null for none.
    /// </summary>
    public string? CreatedBy { get; init; }

    /// <summary>
    /// Whether to write the "creation date" key (BEP 3). Without this key, the same content and options always produce
    /// the same torrent file.
    /// </summary>
    public bool HasCreationDate { get; init; } = true;

    /// <summary>Tracker URLs: a list of tiers, each a list of URLs (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    /// <summary>Web seed URLs (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Number of threads that read and hash; 0 means one per core.</summary>
    public int Threads { get; init; }
}
