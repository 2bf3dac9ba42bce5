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
    private readonly KnownFiles _known;
    private readonly PieceVerifier _verifier;

    /// <summary>
    /// The destination files together with the part file. Null if the torrent has at most one file, not counting pad
    /// files and symbolic links. It then needs no part file.
    /// </summary>
    private readonly PrioritizedFiles? _prioritizedFiles;
    private volatile DownloadPriority[] _filePriorities;
    private volatile DownloadPriority[] _priorities;
    private volatile bool _isChecked;

    /// <exception cref="SessionException">A wildcard in the settings is not valid, or no file is wanted.</exception>
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
        (_filePriorities, _priorities) = FileSelection.Of(metainfo, settings);
        _known = new KnownFiles(metainfo.Files.Count, KnownFiles.PathFor(_partFilePath));
        _destination = new DestinationFiles(
            ContentLayout.Of(metainfo, settings.ContentName),
            settings.Destination,
            settings.Allocation,
            session.Settings.MaxOpenFiles,
            _known)
        {
            ReadsThroughLinks = settings.Role == TorrentRole.Seed,
        };
        _verifier = PieceVerifier.Of(metainfo);
        if (_destination.Layout.Files.Count(file => file.IsOnDisk) > 1)
            _prioritizedFiles = new PrioritizedFiles(_destination, IsWanted, _verifier, _partFilePath);

        // The name contains the info hash and a part of the random peer id, so that no other torrent or process has it.
        string spillPath = Path.Combine(
            session.StateFolder, $"{metainfo.WireHash}-{session.PeerId.ToString()[^16..]}.spill");
        Store = new PieceStore(Files, _verifier, session.Blocks, session.Storage, events, spillPath);
        Reader = new ContentReader(Files);
        WebSeeds = new WebSeedConnector(metainfo, Files.Layout, session, peers, post, random);
    }

    public TorrentMetainfo Metainfo => _metainfo;

    /// <summary>Stores received blocks. Disposing the store also disposes the files.</summary>
    public PieceStore Store { get; }

    public ContentReader Reader { get; }

    public WebSeedConnector WebSeeds { get; }

    private IContentFiles Files => _prioritizedFiles ?? (IContentFiles)_destination;

    /// <summary>The priority of each piece; empty when all are <see cref="DownloadPriority.Normal"/>.</summary>
    public DownloadPriority[] Priorities => _priorities;

    private bool HasSkippedFiles =>
        _destination.Layout.Files.Index().Any(file => file.Item.IsOnDisk && !IsWanted(file.Index));

    /// <summary>
    /// Applies changed file priorities. Creates the newly wanted empty files, and moves data of newly wanted files from
    /// the part file to the destination files. This method must not be called concurrently, but the piece store may
    /// read and write at the same time.
    /// </summary>
    /// <returns>The priority of each piece; empty when all are <see cref="DownloadPriority.Normal"/>.</returns>
    /// <exception cref="SessionException">
    /// A wildcard is not valid, or no file is wanted. Nothing was changed.
    /// </exception>
    /// <exception cref="StorageException">
    /// A file cannot be written, or a newly wanted file exists and may not be overwritten. The old priorities remain,
    /// but some of the empty files may have been created.
    /// </exception>
    public DownloadPriority[] ApplyPriorities(TorrentSettings settings)
    {
        (DownloadPriority[] filePriorities, DownloadPriority[] priorities) = FileSelection.Of(_metainfo, settings);
        bool[] isNew = [.. filePriorities.Select((now, file) => now != DownloadPriority.Skip && !IsWanted(file))];
        if (isNew.Contains(true))
            _destination.EnsureWritable();

        // Everything that can fail comes before the new priorities are stored. Before the end of the check, it is not
        // known which files hold a piece of the torrent; the check then prepares the files that are wanted at its end.
        if (_isChecked)
            _destination.Prepare(file => isNew[file]);
        _prioritizedFiles?.ChangeWanted(file => filePriorities[file] != DownloadPriority.Skip);
        _filePriorities = filePriorities;
        _priorities = priorities;
        return priorities;
    }

    /// <summary>
    /// Finds the verified pieces on disk, and prepares the wanted files of a download
    /// (<see cref="DestinationFiles.Prepare"/>).
    /// </summary>
    /// <remarks>
    /// With <see cref="TorrentSettings.SkipCheck"/>, no file is read and all pieces count as verified. If a wanted
    /// piece of a download is missing, the method tests whether the destination is writable before it prepares the
    /// files. <see cref="CheckProgressed"/> events are posted during the check. At the end, <see cref="CheckFinished"/>
    /// or <see cref="CheckFailed"/> is posted, unless the check was cancelled.
    /// </remarks>
    public async Task CheckAsync(Func<SwarmEvent, bool> post, CancellationToken cancellation)
    {
        try
        {
            Bitfield have = await FindVerifiedAsync(new CheckReport(post), cancellation);
            if (_settings.Role == TorrentRole.Download)
            {
                if (LacksWantedPiece(have))
                    _destination.EnsureWritable();
                _destination.Prepare(IsWanted);
            }

            _isChecked = true;

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
    /// Closes the store and the files. Deletes the part file and the list of known files if a download without skipped
    /// files has reached its goal.
    /// </summary>
    public async Task CloseAsync(bool goalReached)
    {
        await Store.DisposeAsync();
        if (goalReached && _settings.Role == TorrentRole.Download && !HasSkippedFiles)
        {
            PartFile.Delete(_partFilePath);
            PartFile.Delete(KnownFiles.PathFor(_partFilePath));
        }
    }

    private bool IsWanted(int file) => _filePriorities[file] != DownloadPriority.Skip;

    private bool LacksWantedPiece(Bitfield have)
    {
        DownloadPriority[] priorities = _priorities;
        for (int i = 0; i < have.PieceCount; i++)
        {
            if ((priorities.Length == 0 || priorities[i] != DownloadPriority.Skip) && !have.Contains(new PieceIndex(i)))
                return true;
        }

        return false;
    }

    private async Task<Bitfield> FindVerifiedAsync(IProgress<ContentProgress> progress, CancellationToken cancellation)
    {
        bool isDownload = _settings.Role == TorrentRole.Download;
        if (isDownload && (_settings.OverwriteFiles || _settings.SkipCheck))
            _known.Add(Enumerable.Range(0, _metainfo.Files.Count));
        if (_settings.SkipCheck)
        {
            var all = new Bitfield(_metainfo.PieceCount);
            all.Fill();
            return all;
        }

        ContentCheckResult result = await ContentChecker.CheckAsync(
            Files, _verifier, progress, CheckBudget.OfProcess, cancellation);
        if (isDownload)
            _known.Add(result.Files.Where(file => file.Exists && file.GoodPieces > 0).Select(file => file.Index));
        return result.Verified;
    }

    /// <summary>
    /// Posts the progress of the check on the thread that reports it. <see cref="Progress{T}"/> would post it on a
    /// synchronization context or the thread pool, possibly in another order.
    /// </summary>
    private sealed class CheckReport(Func<SwarmEvent, bool> post) : IProgress<ContentProgress>
    {
        public void Report(ContentProgress value) => post(new CheckProgressed(value.Percent / 100));
    }
}
