using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
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

    /// <summary>Null when there is but one file, which has nobody to share a piece with.</summary>
    private readonly PrioritizedFiles? _chosen;
    private volatile DownloadPriority[] _wishes;
    private volatile DownloadPriority[] _priorities;

    /// <exception cref="SessionException">A wildcard can't be read.</exception>
    public TorrentContent(TorrentMetainfo metainfo, TorrentSettings settings, SessionResources session)
    {
        _metainfo = metainfo;
        _settings = settings;
        _partFilePath = PartFile.PathFor(session.StateFolder, metainfo.WireHash.ToString(), settings.Destination);
        _wishes = FileSelection.OfFiles(metainfo, settings);
        _priorities = FileSelection.OfPieces(metainfo, _wishes, settings.PieceCount);
        _destination = new DestinationFiles(
            ContentLayout.Of(metainfo), settings.Destination, settings.Allocation, session.Settings.MaxOpenFiles);
        Verifier = PieceVerifier.Of(metainfo);
        if (_destination.Layout.Files.Count(file => file.IsOnDisk) > 1)
            _chosen = new PrioritizedFiles(_destination, IsWanted, Verifier, _partFilePath);
        SpillPath = Path.Combine(session.StateFolder, $"{metainfo.WireHash}-{session.PeerId.ToString()[^16..]}.spill");
    }

    /// <summary>Where content is read and written.</summary>
    public IContentFiles Files => _chosen ?? (IContentFiles)_destination;

    /// <summary>What the pieces must hash to.</summary>
    public PieceVerifier Verifier { get; }

    /// <summary>The side file for unverified blocks; no other torrent or process has the same.</summary>
    public string SpillPath { get; }

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

    /// <summary>Deletes what was kept beside the destination for a later run, when no later run needs it. The store is closed.</summary>
    public void CleanUp(bool goalReached)
    {
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

        ContentCheckResult result = await ContentChecker.CheckAsync(Files, Verifier, progress, cancellation: cancellation);
        return result.Verified;
    }

    /// <summary>Passes progress on without the detour over a synchronisation context.</summary>
    private sealed class CheckReport(Func<SwarmEvent, bool> post) : IProgress<ContentProgress>
    {
        public void Report(ContentProgress value) => post(new CheckProgressed(value.Percent / 100));
    }
}
