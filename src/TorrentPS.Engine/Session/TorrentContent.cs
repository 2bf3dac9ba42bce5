using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// A torrent's content: its files on disk, the piece store, the web seeds, and the priorities of files and pieces.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The piece store disposes the files.")]
internal sealed class TorrentContent
{
    private readonly TorrentMetainfo _metainfo;
    private readonly TorrentSettings _settings;
    private readonly string _partFilePath;
    private readonly DestinationFiles _destination;
    private readonly PieceVerifier _verifier;

    /// <summary>
    /// The destination files together with the part file. Null if the torrent has at most one file besides pad files
    /// and symbolic links, and so needs no part file.
    /// </summary>
    private readonly PrioritizedFiles? _chosen;
    private volatile DownloadPriority[] _filePriorities;
    private volatile DownloadPriority[] _priorities;

    /// <param name="metainfo">The torrent.</param>
    /// <param name="settings">The torrent's settings.</param>
    /// <param name="session">The session's shared resources.</param>
    /// <param name="events">Receives the outcome of storage operations.</param>
    /// <param name="peers">
    /// Block pool, rate limits and other resources that web seeds share with peer connections.
    /// </param>
    /// <param name="post">Posts an event to the torrent's loop. Returns false when the torrent has ended.</param>
    /// <param name="random">Random numbers for the web seeds' retry delays.</param>
    /// <exception cref="SessionException">A wildcard in the settings is not valid.</exception>
    public TorrentContent(
        TorrentMetainfo metainfo,
        TorrentSettings settings,
        SessionResources session,
        IStorageEvents events,
        PeerContext peers,
        Func<SwarmEvent, bool> post,
        Random random)
    {
        _metainfo = metainfo;
        _settings = settings;
        _partFilePath = PartFile.PathFor(session.StateFolder, metainfo.WireHash.ToString(), settings.Destination);
        _filePriorities = FileSelection.OfFiles(metainfo, settings);
        _priorities = FileSelection.OfPieces(metainfo, _filePriorities, settings.PieceCount);
        _destination = new DestinationFiles(
            ContentLayout.Of(metainfo), settings.Destination, settings.Allocation, session.Settings.MaxOpenFiles);
        _verifier = PieceVerifier.Of(metainfo);
        if (_destination.Layout.Files.Count(file => file.IsOnDisk) > 1)
            _chosen = new PrioritizedFiles(_destination, IsWanted, _verifier, _partFilePath);

        // Info hash and random peer id in the name: no other torrent or process uses the same spill file.
        string spillPath = Path.Combine(
            session.StateFolder, $"{metainfo.WireHash}-{session.PeerId.ToString()[^16..]}.spill");
        Store = new PieceStore(Files, _verifier, session.Blocks, session.Storage, events, spillPath);
        Reader = new ContentReader(Files);
        WebSeeds = new WebSeedConnector(metainfo, Files.Layout, session.Settings, peers, post, random);
    }

    public TorrentMetainfo Metainfo => _metainfo;

    /// <summary>Stores received blocks. Disposing it also disposes the files.</summary>
    public PieceStore Store { get; }

    /// <summary>Reads the blocks that peers request.</summary>
    public ContentReader Reader { get; }

    public WebSeedConnector WebSeeds { get; }

    private IContentFiles Files => _chosen ?? (IContentFiles)_destination;

    /// <summary>The priority of each piece; empty when all are <see cref="DownloadPriority.Normal"/>.</summary>
    public DownloadPriority[] Priorities => _priorities;

    /// <summary>Whether at least one file is skipped, not counting pad files and symbolic links.</summary>
    private bool IsSelective =>
        _destination.Layout.Files.Index().Any(file => file.Item.IsOnDisk && !IsWanted(file.Index));

    /// <summary>
    /// Applies changed file priorities. Data of newly wanted files is moved from the part file to the destination
    /// files. Not thread-safe, but the piece store may read and write at the same time.
    /// </summary>
    /// <returns>The priority of each piece; empty when all are <see cref="DownloadPriority.Normal"/>.</returns>
    /// <exception cref="SessionException">A wildcard is not valid. Nothing was changed.</exception>
    /// <exception cref="StorageException">
    /// A file cannot be written. The old priorities remain, except when only an empty file could not be created.
    /// </exception>
    public DownloadPriority[] Choose(TorrentSettings settings)
    {
        DownloadPriority[] filePriorities = FileSelection.OfFiles(_metainfo, settings);
        DownloadPriority[] priorities = FileSelection.OfPieces(_metainfo, filePriorities, settings.PieceCount);
        if (filePriorities.Index().Any(file => file.Item != DownloadPriority.Skip && !IsWanted(file.Index)))
            _destination.EnsureWritable();
        _chosen?.ChangeWanted(file => filePriorities[file] != DownloadPriority.Skip);
        _filePriorities = filePriorities;
        _priorities = priorities;
        _destination.CreateEmptyFiles(IsWanted);
        return priorities;
    }

    /// <summary>
    /// Finds the valid pieces on disk; with <c>SkipCheck</c>, takes all pieces as valid without reading. For a download,
    /// it then tests whether the destination is writable (only if a wanted piece is missing), and creates the wanted
    /// empty files. Posts <see cref="CheckProgressed"/> events, and at the end <see cref="CheckFinished"/> or
    /// <see cref="CheckFailed"/>. A cancelled check ends without these two events.
    /// </summary>
    public async Task CheckAsync(Func<SwarmEvent, bool> post, CancellationToken cancellation)
    {
        try
        {
            Bitfield have = await FindExistingAsync(new CheckReport(post), cancellation);
            if (_settings.Role == TorrentRole.Download)
            {
                if (IsLacking(have))
                    _destination.EnsureWritable();
                _destination.CreateEmptyFiles(IsWanted);
            }

            post(new CheckFinished(have));
        }
        catch (OperationCanceledException)
        {
            // The torrent has ended.
        }
        catch (Exception error)
        {
            // Every error is reported to the loop, which would otherwise wait for the end of the check forever.
            post(new CheckFailed(StorageFaults.Wrap(error, _settings.Destination).Fault));
        }
    }

    /// <summary>
    /// Closes the store and the files. Deletes the part file if a download without skipped files has reached its goal.
    /// </summary>
    public async Task CloseAsync(bool goalReached)
    {
        await Store.DisposeAsync();
        if (goalReached && _settings.Role == TorrentRole.Download && !IsSelective)
            PartFile.Delete(_partFilePath);
    }

    private bool IsWanted(int file) => _filePriorities[file] != DownloadPriority.Skip;

    /// <summary>Whether a wanted piece is missing.</summary>
    private bool IsLacking(Bitfield have)
    {
        DownloadPriority[] priorities = _priorities;
        for (int i = 0; i < have.PieceCount; i++)
        {
            if ((priorities.Length == 0 || priorities[i] != DownloadPriority.Skip) && !have.Contains(new PieceIndex(i)))
                return true;
        }

        return false;
    }

    private async Task<Bitfield> FindExistingAsync(IProgress<ContentProgress> progress, CancellationToken cancellation)
    {
        if (_settings.SkipCheck)
        {
            var all = new Bitfield(_metainfo.PieceCount);
            all.Fill();
            return all;
        }

        ContentCheckResult result = await ContentChecker.CheckAsync(
            Files, _verifier, progress, cancellation: cancellation);
        return result.Verified;
    }

    /// <summary>
    /// Posts the progress of the check on the thread that checks. <see cref="Progress{T}"/> would report it on a
    /// synchronization context or the thread pool, perhaps in another order.
    /// </summary>
    private sealed class CheckReport(Func<SwarmEvent, bool> post) : IProgress<ContentProgress>
    {
        public void Report(ContentProgress value) => post(new CheckProgressed(value.Percent / 100));
    }
}
