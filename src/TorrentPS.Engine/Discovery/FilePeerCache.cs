using System.Runtime.CompilerServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>Remembers peers and trackers' answers in a folder, a small file per torrent. Several processes may share the folder.</summary>
internal sealed class FilePeerCache : IPeerCache
{
    /// <summary>The most torrents remembered; those longest untouched go first.</summary>
    public const int MaxTorrents = 2000;

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly PeerCacheQueue _changes = new();
    private readonly Task _writing;
    private volatile DiscoveryStatus _status = DiscoveryStatus.Running;

    /// <param name="folder">The folder; it is made when there is something to remember.</param>
    /// <param name="time">The clock.</param>
    public FilePeerCache(string folder, TimeProvider time)
    {
        _folder = folder;
        _time = time;
        _writing = Task.Run(WriteAsync);
    }

    /// <inheritdoc/>
    public DiscoveryStatus Status => _status;

    /// <summary>All that is remembered of a torrent.</summary>
    public Task<PeerCacheEntry> RecallAsync(InfoHash torrent, CancellationToken cancellation) => Task.Run(
        async () => PeerCacheEntry.Empty.With(await ReadAsync(PathOf(torrent), cancellation), _time.GetUtcNow()), cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<CachedPeer>> FindAsync(
        InfoHash torrent, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if ((await RecallAsync(torrent, cancellation)).Peers is { Count: > 0 } peers)
            yield return peers;
    }

    /// <inheritdoc/>
    public void Remember(InfoHash torrent, IReadOnlyList<CachedPeer> peers) =>
        _changes.Add(torrent, new PeerCacheEntry { Peers = peers });

    /// <summary>Remembers what a tracker answered. Returns at once.</summary>
    public void Remember(InfoHash torrent, CachedAnswer answer) =>
        _changes.Add(torrent, new PeerCacheEntry { Answers = [answer] });

    /// <inheritdoc/>
    public void Forget(InfoHash torrent) => _changes.Forget(torrent);

    /// <summary>Ends when all is written.</summary>
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
                // A disk that is full or not ours costs the memory, never the download.
                _status = new DiscoveryStatus(DiscoveryState.Failed, $"Peers can't be remembered in '{_folder}': {error.Message}");
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

        PeerCacheEntry memory = (await ReadAsync(path, CancellationToken.None)).With(added, _time.GetUtcNow());
        if (memory.IsEmpty)
            return;
        bool isNew = !File.Exists(path);
        Directory.CreateDirectory(_folder);
        AtomicFile.Write(path, PeerCacheEntryFormat.Write(memory));
        if (isNew)
            MakeRoom();
    }

    /// <summary>Drops what has expired, drafts that a crash left among it, and the oldest beyond the bound.</summary>
    private void MakeRoom()
    {
        DateTime expired = (_time.GetUtcNow() - PeerCacheEntry.Lifetime).UtcDateTime;
        FileInfo[] files = [.. new DirectoryInfo(_folder).EnumerateFiles().OrderByDescending(file => file.LastWriteTimeUtc)];
        for (int i = 0; i < files.Length; i++)
        {
            if (i >= MaxTorrents || files[i].LastWriteTimeUtc < expired)
                files[i].Delete();
        }
    }
}
