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
/// A torrent's content: what of it is wanted, where it lies, and how much of it is there. The piece store that is made of it
/// disposes the files and the verifier.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The piece store disposes the files.")]
internal sealed class TorrentContent
{
    private readonly TorrentMetainfo _metainfo;
    private readonly TorrentSettings _settings;
    private readonly string _partFilePath;
    private readonly DestinationFiles _destination;
    private readonly PieceVerifier _verifier;

    /// <summary>Null when there is but one file, which has nobody to share a piece with.</summary>
    private readonly PrioritizedFiles? _chosen;
    private volatile DownloadPriority[] _wishes;
    private volatile DownloadPriority[] _priorities;

    /// <param name="metainfo">The torrent.</param>
    /// <param name="settings">The torrent's settings.</param>
    /// <param name="session">The session's shared resources.</param>
    /// <param name="events">Receives the outcome of storage operations.</param>
    /// <param name="peers">What web seeds share with the connections to peers.</param>
    /// <param name="post">Posts an event to the loop.</param>
    /// <param name="random">Randomness of the web seeds.</param>
    /// <exception cref="SessionException">A wildcard of the settings is not valid.</exception>
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
        _wishes = FileSelection.OfFiles(metainfo, settings);
        _priorities = FileSelection.OfPieces(metainfo, _wishes, settings.PieceCount);
        _destination = new DestinationFiles(
            ContentLayout.Of(metainfo), settings.Destination, settings.Allocation, session.Settings.MaxOpenFiles);
        _verifier = PieceVerifier.Of(metainfo);
        if (_destination.Layout.Files.Count(file => file.IsOnDisk) > 1)
            _chosen = new PrioritizedFiles(_destination, IsWanted, _verifier, _partFilePath);

        // No other torrent or process uses the same spill file.
        string spillPath = Path.Combine(session.StateFolder, $"{metainfo.WireHash}-{session.PeerId.ToString()[^16..]}.spill");
        Store = new PieceStore(Files, _verifier, session.Blocks, session.Storage, events, spillPath);
        Reader = new ContentReader(Files);
        WebSeeds = new WebSeedConnector(metainfo, Files.Layout, session.Settings, peers, post, random);
    }

    public TorrentMetainfo Metainfo => _metainfo;

    /// <summary>Stores received blocks, and disposes the files when it is disposed.</summary>
    public PieceStore Store { get; }

    /// <summary>Reads blocks for peers.</summary>
    public ContentReader Reader { get; }

    public WebSeedConnector WebSeeds { get; }

    private IContentFiles Files => _chosen ?? (IContentFiles)_destination;

    /// <summary>The wish for each piece; empty when all are normal.</summary>
    public DownloadPriority[] Priorities => _priorities;

    /// <summary>Whether a file is left out that would be on disk.</summary>
    private bool IsSelective => _destination.Layout.Files.Index().Any(file => file.Item.IsOnDisk && !IsWanted(file.Index));

    /// <summary>
    /// Makes another choice of files: what was kept apart of one that is wanted now goes into it. One call at a time, beside the store
    /// that reads and writes.
    /// </summary>
    /// <returns>The wish for each piece; empty when all are normal.</returns>
    /// <exception cref="SessionException">A wildcard can't be read; nothing was changed.</exception>
    /// <exception cref="StorageException">The disk refused; nothing was changed.</exception>
    public DownloadPriority[] Choose(TorrentSettings settings)
    {
        DownloadPriority[] wishes = FileSelection.OfFiles(_metainfo, settings);
        DownloadPriority[] priorities = FileSelection.OfPieces(_metainfo, wishes, settings.PieceCount);
        if (wishes.Index().Any(file => file.Item != DownloadPriority.Skip && !IsWanted(file.Index)))
            _destination.EnsureWritable();
        _chosen?.ChangeWanted(file => wishes[file] != DownloadPriority.Skip);
        _wishes = wishes;
        _priorities = priorities;
        _destination.CreateEmptyFiles(IsWanted);
        return priorities;
    }

    /// <summary>Finds out which pieces are there, tells how far that is, and tells the outcome unless it was cancelled.</summary>
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
            // The torrent ends meanwhile.
        }
        catch (Exception error)
        {
            // Whatever it was: a torrent that says why it waits is better than one that checks for ever.
            post(new CheckFailed(StorageFaults.Wrap(error, _settings.Destination).Fault));
        }
    }

    /// <summary>Closes the store and the files, and deletes the part file when no later run needs it.</summary>
    public async Task CloseAsync(bool goalReached)
    {
        await Store.DisposeAsync();
        if (goalReached && _settings.Role == TorrentRole.Download && !IsSelective)
            PartFile.Delete(_partFilePath);
    }

    private bool IsWanted(int file) => _wishes[file] != DownloadPriority.Skip;

    /// <summary>Whether any piece that is wanted is not there.</summary>
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

        ContentCheckResult result = await ContentChecker.CheckAsync(Files, _verifier, progress, cancellation: cancellation);
        return result.Verified;
    }

    /// <summary>Passes progress on without the detour over a synchronisation context.</summary>
    private sealed class CheckReport(Func<SwarmEvent, bool> post) : IProgress<ContentProgress>
    {
        public void Report(ContentProgress value) => post(new CheckProgressed(value.Percent / 100));
    }
}
