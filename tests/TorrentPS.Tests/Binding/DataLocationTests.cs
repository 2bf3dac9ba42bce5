using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Tests.Binding;

public sealed class DataLocationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("torrentps-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_file_is_found_by_its_folder_and_by_its_own_path()
    {
        TorrentMetainfo torrent = await TorrentOfFileAsync("ubuntu.iso");
        Assert.Equal(_root, DataLocation.Find(torrent, _root));
        Assert.Equal(_root, DataLocation.Find(torrent, Path.Join(_root, "ubuntu.iso")));
    }

    [Fact]
    public async Task A_folder_is_found_by_its_parent_and_by_its_own_path()
    {
        TorrentMetainfo torrent = await TorrentOfFolderAsync("photos");
        Assert.Equal(_root, DataLocation.Find(torrent, _root));
        Assert.Equal(_root, DataLocation.Find(torrent, Path.Join(_root, "photos")));
        Assert.Equal(_root, DataLocation.Find(torrent, Path.Join(_root, "photos") + Path.DirectorySeparatorChar));
    }

    [Fact]
    public async Task An_inner_folder_of_the_same_name_is_preferred()
    {
        TorrentMetainfo torrent = await TorrentOfFolderAsync("photos");
        string outer = Path.Join(_root, "photos");
        Directory.CreateDirectory(Path.Join(outer, "photos"));
        Assert.Equal(outer, DataLocation.Find(torrent, outer));
    }

    [Fact]
    public async Task A_file_with_another_name_is_refused_and_the_expected_name_is_reported()
    {
        TorrentMetainfo torrent = await TorrentOfFileAsync("ubuntu.iso");
        string other = Path.Join(_root, "linux.iso");
        File.Move(Path.Join(_root, "ubuntu.iso"), other);
        var error = Assert.Throws<FileNotFoundException>(() => DataLocation.Find(torrent, other));
        Assert.Contains("Rename it to 'ubuntu.iso'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_without_the_content_is_refused()
    {
        TorrentMetainfo torrent = await TorrentOfFileAsync("ubuntu.iso");
        string empty = Directory.CreateDirectory(Path.Join(_root, "empty")).FullName;
        Assert.Throws<FileNotFoundException>(() => DataLocation.Find(torrent, empty));
        Assert.Throws<FileNotFoundException>(() => DataLocation.Find(torrent, Path.Join(_root, "nothing")));
    }

    private async Task<TorrentMetainfo> TorrentOfFileAsync(string name)
    {
        string path = Path.Join(_root, name);
        await File.WriteAllTextAsync(path, "content");
        return TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(path, new TorrentCreationOptions()));
    }

    private async Task<TorrentMetainfo> TorrentOfFolderAsync(string name)
    {
        string path = Directory.CreateDirectory(Path.Join(_root, name)).FullName;
        await File.WriteAllTextAsync(Path.Join(path, "a.txt"), "content");
        return TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(path, new TorrentCreationOptions()));
    }
}
