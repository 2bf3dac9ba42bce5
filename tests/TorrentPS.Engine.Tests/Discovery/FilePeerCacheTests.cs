using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>The peer cache in the state folder: durability, limits, damage.</summary>
public sealed class FilePeerCacheTests : IDisposable
{
    private static readonly InfoHash s_torrent = Hash(1);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("torrentps-");
    private readonly FakeTime _time = new();

    private string Folder => Path.Combine(_root.FullName, "peers");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Peers_of_an_earlier_run_are_found_latest_first()
    {
        await using (FilePeerCache cache = Open())
        {
            cache.Add(s_torrent, [Peer(1)]);
            _time.Advance(TimeSpan.FromMinutes(1));
            cache.Add(s_torrent, [Peer(2)]);
        }

        await using FilePeerCache next = Open();
        Assert.Equal(
            [Peer(2).EndPoint, Peer(1).EndPoint], (await FindAsync(next, s_torrent)).Select(peer => peer.EndPoint));
        Assert.Empty(await FindAsync(next, Hash(2)));
    }

    [Fact]
    public async Task Entries_expire_after_a_week()
    {
        await using (FilePeerCache cache = Open())
            cache.Add(s_torrent, [Peer(1)]);
        _time.Advance(TimeSpan.FromDays(7.1));

        await using FilePeerCache next = Open();
        Assert.Empty(await FindAsync(next, s_torrent));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("d5:peersd1:ai1eee")]
    public async Task A_damaged_file_counts_as_missing_and_is_replaced(string content)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, s_torrent.ToString()), content);
        await using (FilePeerCache cache = Open())
        {
            Assert.Empty(await FindAsync(cache, s_torrent));
            cache.Add(s_torrent, [Peer(1)]);
        }

        await using FilePeerCache next = Open();
        Assert.Single(await FindAsync(next, s_torrent));
        Assert.Single(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task A_file_over_the_length_limit_is_not_read()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllBytes(Path.Combine(Folder, s_torrent.ToString()), new byte[PeerCacheEntryFormat.MaxLength + 1]);

        await using FilePeerCache cache = Open();

        Assert.Empty(await FindAsync(cache, s_torrent));
    }

    [Fact]
    public async Task The_folder_holds_a_bounded_number_of_torrents()
    {
        Directory.CreateDirectory(Folder);
        for (int i = 0; i < FilePeerCache.MaxTorrents + 50; i++)
        {
            string path = Path.Combine(Folder, Hash(i).ToString());
            File.WriteAllText(path, "d5:peerslee");
            File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime.AddSeconds(i - 10_000));
        }

        await using (FilePeerCache cache = Open())
            cache.Add(Hash(100_000), [Peer(1)]);

        Assert.Equal(FilePeerCache.MaxTorrents, Directory.GetFiles(Folder).Length);
        Assert.True(File.Exists(Path.Combine(Folder, Hash(100_000).ToString())));
        Assert.False(File.Exists(Path.Combine(Folder, Hash(0).ToString())));
    }

    [Fact]
    public async Task Only_expired_entries_and_their_temporary_files_are_deleted()
    {
        Directory.CreateDirectory(Folder);
        string[] mine = ["notes.txt", $"{Hash(1)}.txt", $"{Hash(2)}", "0123456789abcdef", $"{Hash(7)}", $"{Hash(8)}"];
        string[] entries = [$"{Hash(3)}", $"{Hash(4)}.0123abcd.tmp", $"{Hash(5)}.0123abcd.tmp"];
        foreach (string name in mine)
            File.WriteAllText(Path.Combine(Folder, name), "not an entry");
        File.WriteAllText(Path.Combine(Folder, $"{Hash(7)}"), "");
        File.WriteAllText(Path.Combine(Folder, $"{Hash(8)}"), "d5:p");
        File.WriteAllText(Path.Combine(Folder, entries[0]), "d5:peerslee");
        File.WriteAllText(Path.Combine(Folder, entries[1]), "d5:p");
        File.WriteAllText(Path.Combine(Folder, entries[2]), "");
        foreach (string name in mine.Concat(entries))
            File.SetLastWriteTimeUtc(Path.Combine(Folder, name), _time.GetUtcNow().UtcDateTime.AddDays(-8));

        await using (FilePeerCache cache = Open())
            cache.Add(Hash(6), [Peer(1)]);

        Assert.Equal(
            mine.Append($"{Hash(6)}").Order(), Directory.GetFiles(Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_removed_torrent_is_deleted()
    {
        await using (FilePeerCache cache = Open())
        {
            cache.Add(s_torrent, [Peer(1)]);
            cache.Remove(s_torrent);
            cache.Remove(Hash(2));
        }

        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task A_torrent_is_removed_even_when_the_queue_of_changes_is_full()
    {
        await using (FilePeerCache cache = Open())
        {
            for (int i = 0; i < 3 * PeerCacheQueue.Capacity; i++)
                cache.Add(s_torrent, [Peer(1)]);
            cache.Remove(s_torrent);
        }

        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task A_removal_before_the_folder_exists_does_not_fail()
    {
        FilePeerCache cache = Open();
        cache.Remove(s_torrent);
        await cache.DisposeAsync();

        Assert.Equal(DiscoveryStatus.Running, cache.Status);
    }

    [Fact]
    public async Task A_full_queue_drops_additions_and_keeps_removals()
    {
        var queue = new PeerCacheQueue();
        for (int i = 0; i < PeerCacheQueue.Capacity + 10; i++)
            queue.Add(Hash(i), PeerCacheEntry.Empty);
        queue.Remove(s_torrent);
        queue.Remove(Hash(2));
        queue.Complete();

        var changes = new List<PeerCacheChange>();
        await foreach (PeerCacheChange change in queue.ReadAllAsync())
            changes.Add(change);

        Assert.Equal(PeerCacheQueue.Capacity + 2, changes.Count);
        Assert.Equal([new(s_torrent, null), new(Hash(2), null)], changes.Skip(PeerCacheQueue.Capacity));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_created_disables_only_the_cache()
    {
        File.WriteAllText(Folder, "in the way");
        await using FilePeerCache cache = Open();
        cache.Add(s_torrent, [Peer(1)]);
        Assert.Empty(await FindAsync(cache, s_torrent));
    }

    private FilePeerCache Open() => new(Folder, _time);

    private CachedPeer Peer(
        int number) => new(new IPEndPoint(new IPAddress([10, 0, 0, (byte)number]), 6881), _time.GetUtcNow(), number);

    private static async Task<IReadOnlyList<CachedPeer>> FindAsync(FilePeerCache cache, InfoHash torrent)
    {
        var found = new List<CachedPeer>();
        await foreach (IReadOnlyList<CachedPeer> peers in cache.FindAsync(torrent, default))
            found.AddRange(peers);
        return found;
    }

    private static InfoHash Hash(int number) => InfoHash.Parse($"{number:x40}");
}
