using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>Makes torrents of files and folders. It only reads.</summary>
public static class TorrentCreator
{
    /// <summary>Reads and hashes a file, or a folder with all below it, on all cores.</summary>
    /// <remarks>
    /// Files follow one another in the order of their paths, by code points for v1 and by bytes, as BEP 52 asks, for v2
    /// and hybrid torrents. Symbolic links inside the folder and empty folders are left out.
    /// </remarks>
    /// <param name="path">The file or folder, which gives the torrent its name.</param>
    /// <param name="options">What the torrent is to say.</param>
    /// <param name="time">The clock for the creation date; the system's when null.</param>
    /// <param name="progress">Told now and then, from any thread; may be null.</param>
    /// <param name="cancellation">Ends it soon.</param>
    /// <returns>The metainfo file.</returns>
    /// <exception cref="StorageException">
    /// Something is missing, can't be read, has a name no torrent can hold, or changed meanwhile.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// There is nothing but empty files, or the piece length is not possible.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
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
            throw new ArgumentException($"'{path}' is the root of a volume and gives the torrent no name.", nameof(path));

        IReadOnlyList<SourceFile> sources = await Task.Run(() => SourceFile.Find(full), cancellation);
        TorrentLayout plan = Plan(name, File.Exists(full), sources, options);
        using var files = new DestinationFiles(LayoutOf(plan), Path.GetDirectoryName(full)!);
        var hashing = new HashCollector(files.Layout, plan.Version);
        await new ContentScanner(files, options.Threads, hashing.NeedsSha1Only).ScanAsync(
            hashing.CreateSink, _ => true, progress is null ? null : Reporter(progress, plan.Geometry), cancellation);
        foreach (SourceFile source in sources)
            source.CheckUnchanged();

        return new TorrentBuilder(plan)
        {
            PieceHashes = hashing.PieceHashes,
            FileHashes = hashing.FileHashes(),
            Trackers = options.Trackers,
            WebSeeds = options.WebSeeds,
            IsPrivate = options.IsPrivate,
            Source = options.Source,
            Comment = options.Comment,
            CreatedBy = options.CreatedBy,
            CreationDate = options.HasCreationDate ? (time ?? TimeProvider.System).GetUtcNow() : null,
        }.Build();
    }

    private static TorrentLayout Plan(string name, bool isFile, IReadOnlyList<SourceFile> sources, TorrentCreationOptions options)
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

    private static ContentLayout LayoutOf(TorrentLayout plan)
    {
        var files = new List<ContentFile>(plan.Files.Count);
        long offset = 0;
        foreach (NewTorrentFile file in plan.Files)
        {
            string path = string.Join('/', file.Path);
            files.Add(new ContentFile(plan.IsMultiFile ? $"{plan.Name}/{path}" : path, offset, file.Length, file.IsPadding));
            offset += file.Length;
            if (plan.Version == MetainfoVersion.V2)
                offset = (offset + plan.PieceLength - 1) / plan.PieceLength * plan.PieceLength;
        }

        return new ContentLayout(plan.Geometry, files);
    }

    private static Action<int, long> Reporter(IProgress<ContentProgress> progress, TorrentGeometry geometry)
    {
        int pieces = 0;
        long bytes = 0;
        return (morePieces, moreBytes) => progress.Report(new ContentProgress(
            Interlocked.Add(ref pieces, morePieces), geometry.PieceCount, Interlocked.Add(ref bytes, moreBytes), geometry.TotalLength));
    }
}

/// <summary>What a new torrent is to say beside its content.</summary>
public sealed record TorrentCreationOptions
{
    /// <summary>The generation of the format; v1, which every client reads, by default.</summary>
    public MetainfoVersion Version { get; init; } = MetainfoVersion.V1;

    /// <summary>The piece length in bytes; chosen by the size of the content when null.</summary>
    public int? PieceLength { get; init; }

    /// <summary>Whether peers may come from the trackers alone (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A mark inside the info dictionary, so that it changes the info hash; or null.</summary>
    public string? Source { get; init; }

    /// <summary>A remark, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that makes the torrent, or null.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>
    /// Whether the torrent says when it was made; without it the same content always gives the same bytes.
    /// </summary>
    public bool HasCreationDate { get; init; } = true;

    /// <summary>Tracker addresses by tiers (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    /// <summary>Web seed addresses (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>How many threads read and hash; the machine's cores when zero.</summary>
    public int Threads { get; init; }
}
