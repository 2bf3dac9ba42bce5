using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// A peer cache in a folder, with one small file per torrent. Several processes may share the folder.
/// </summary>
internal sealed partial class FilePeerCache : IPeerCache
{
    /// <summary>
    /// Maximum number of torrents in the cache. If there are more, the entries written longest ago are removed. The
    /// files of 2,000 torrents take at most about 10 MB.
    /// </summary>
    public const int MaxTorrents = 2000;

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly PeerCacheQueue _changes = new();
    private readonly Task _writing;
    private volatile DiscoveryStatus _status = DiscoveryStatus.Running;

    public FilePeerCache(string folder, TimeProvider time)
    {
        _folder = folder;
        _time = time;
        _writing = Task.Run(WriteAsync);
    }

    /// <inheritdoc/>
    public DiscoveryStatus Status => _status;

    /// <summary>
    /// Returns a torrent's entry without expired records. The entry is empty if none is stored or its file cannot be
    /// read.
    /// </summary>
    public Task<PeerCacheEntry> LoadAsync(InfoHash torrent, CancellationToken cancellation) => Task.Run(
        async () => PeerCacheEntry.Empty.With(await ReadAsync(PathOf(torrent), cancellation), _time.GetUtcNow()),
        cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<CachedPeer>> FindAsync(
        InfoHash torrent, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if ((await LoadAsync(torrent, cancellation)).Peers is { Count: > 0 } peers)
            yield return peers;
    }

    /// <inheritdoc/>
    public void Add(InfoHash torrent, IReadOnlyList<CachedPeer> peers) =>
        _changes.Add(torrent, new PeerCacheEntry { Peers = peers });

    /// <inheritdoc/>
    public void Remove(InfoHash torrent) => _changes.Remove(torrent);

    /// <summary>Writes the waiting changes and ends the background task that writes them.</summary>
    public async ValueTask DisposeAsync()
    {
        _changes.Complete();
        await _writing;
    }

    private string PathOf(InfoHash torrent) => Path.Combine(_folder, torrent.ToString());

    private static async Task<PeerCacheEntry> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length > PeerCacheEntryFormat.MaxLength)
                return PeerCacheEntry.Empty;
            return PeerCacheEntryFormat.Read(await File.ReadAllBytesAsync(path, cancellation));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return PeerCacheEntry.Empty;
        }
    }

    private async Task WriteAsync()
    {
        await foreach (PeerCacheChange change in _changes.ReadAllAsync())
        {
            try
            {
                await WriteAsync(change);
                _status = DiscoveryStatus.Running;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A full or read-only disk disables the cache only, not the transfer.
                _status = new DiscoveryStatus(
                    DiscoveryState.Failed, $"Cannot write the peer cache '{_folder}': {error.Message}");
            }
        }
    }

    private async Task WriteAsync(PeerCacheChange change)
    {
        string path = PathOf(change.Torrent);
        if (change.Added is not { } added)
        {
            // Deleting in a folder that does not exist is an error.
            if (File.Exists(path))
                File.Delete(path);
            return;
        }

        PeerCacheEntry entry = (await ReadAsync(path, CancellationToken.None)).With(added, _time.GetUtcNow());
        if (entry.IsEmpty)
            return;
        bool isNew = !File.Exists(path);
        AtomicFile.Write(path, PeerCacheEntryFormat.Write(entry), ownerOnly: true);
        if (isNew)
            DeleteOldFiles();
    }

    /// <summary>
    /// Deletes files that were written longer than <see cref="PeerCacheEntry.Lifetime"/> ago, and all but the latest
    /// <see cref="MaxTorrents"/> files. Considers only files of entries and temporary files that a crash left behind,
    /// not other files in the folder.
    /// </summary>
    private void DeleteOldFiles()
    {
        DateTime expired = (_time.GetUtcNow() - PeerCacheEntry.Lifetime).UtcDateTime;
        FileInfo[] files =
        [
            .. new DirectoryInfo(_folder).EnumerateFiles()
                .Where(file => EntryName().IsMatch(file.Name))
                .OrderByDescending(file => file.LastWriteTimeUtc),
        ];
        for (int i = 0; i < files.Length; i++)
        {
            if (i < MaxTorrents && files[i].LastWriteTimeUtc >= expired)
                continue;
            bool isTemporary = files[i].Extension == AtomicFile.TemporaryExtension;
            OwnerOnly.DeleteIfStartsWith(files[i], PeerCacheEntryFormat.FileStart, isTemporary);
        }
    }

    /// <summary>Matches the file names of entries and of their temporary files.</summary>
    [GeneratedRegex(@"\A[0-9a-f]{40}(\.[0-9a-f]{8}\.tmp)?\z")]
    private static partial Regex EntryName();
}
