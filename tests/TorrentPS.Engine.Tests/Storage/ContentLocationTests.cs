using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class ContentLocationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("torrentps-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_file_is_found_by_its_folder_and_by_its_own_path()
    {
        TorrentMetainfo torrent = await TorrentOfFileAsync("ubuntu.iso");
        Assert.Equal(new ContentLocation(_root, null), ContentLocation.Find(torrent, _root));
        Assert.Equal(new ContentLocation(_root, null), ContentLocation.Find(torrent, Path.Join(_root, "ubuntu.iso")));
    }

    [Fact]
    public async Task A_folder_is_found_by_its_parent_and_by_its_own_path()
    {
        TorrentMetainfo torrent = await TorrentOfFolderAsync("photos");
        Assert.Equal(new ContentLocation(_root, null), ContentLocation.Find(torrent, _root));
        Assert.Equal(new ContentLocation(_root, null), ContentLocation.Find(torrent, Path.Join(_root, "photos")));
        Assert.Equal(
            new ContentLocation(_root, null),
            ContentLocation.Find(torrent, Path.Join(_root, "photos") + Path.DirectorySeparatorChar));
    }

    [Fact]
    public async Task An_inner_folder_of_the_same_name_is_preferred()
    {
        TorrentMetainfo torrent = await TorrentOfFolderAsync("photos");
        string outer = Path.Join(_root, "photos");
        Directory.CreateDirectory(Path.Join(outer, "photos"));
        Assert.Equal(new ContentLocation(outer, null), ContentLocation.Find(torrent, outer));
    }

    [Fact]
    public async Task A_file_with_another_name_is_found_by_its_own_path()
    {
        TorrentMetainfo torrent = await TorrentOfFileAsync("ubuntu.iso");
        string other = Path.Join(_root, "linux.iso");
        File.Move(Path.Join(_root, "ubuntu.iso"), other);
        ContentLocation found = ContentLocation.Find(torrent, other);
        Assert.Equal(new ContentLocation(_root, "linux.iso"), found);
        Assert.True((await ContentCheck.RunAsync(torrent, found.Folder, name: found.Name)).IsComplete);
        Assert.False((await ContentCheck.RunAsync(torrent, found.Folder)).IsComplete);
    }

    [Fact]
    public async Task A_folder_with_another_name_is_found_by_its_own_path_if_it_has_a_file_of_the_torrent()
    {
        TorrentMetainfo torrent = await TorrentOfFolderAsync("photos");
        string other = Path.Join(_root, "pictures");
        Directory.Move(Path.Join(_root, "photos"), other);
        ContentLocation found = ContentLocation.Find(torrent, other);
        Assert.Equal(new ContentLocation(_root, "pictures"), found);
        Assert.True((await ContentCheck.RunAsync(torrent, found.Folder, name: found.Name)).IsComplete);
        File.Delete(Path.Join(other, "a.txt"));
        var error = Assert.Throws<FileNotFoundException>(() => ContentLocation.Find(torrent, other));
        Assert.Contains("no folder named 'photos' and no file of the torrent", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    public async Task A_name_that_leads_out_of_the_folder_is_refused(string name)
    {
        TorrentMetainfo torrent = await TorrentOfFileAsync("ubuntu.iso");
        await Assert.ThrowsAsync<ArgumentException>(() => ContentCheck.RunAsync(torrent, _root, name: name));
        await using var session = new TorrentSession();
        SessionException refused = Assert.Throws<SessionException>(
            () => session.Add(torrent, new TorrentSettings { Destination = _root, ContentName = name }));
        Assert.Equal(SessionErrorId.BadSettings, refused.Id);
    }

    [Fact]
    public async Task A_path_without_the_content_is_refused()
    {
        TorrentMetainfo torrent = await TorrentOfFileAsync("ubuntu.iso");
        string empty = Directory.CreateDirectory(Path.Join(_root, "empty")).FullName;
        Assert.Throws<FileNotFoundException>(() => ContentLocation.Find(torrent, empty));
        Assert.Throws<FileNotFoundException>(() => ContentLocation.Find(torrent, Path.Join(_root, "nothing")));
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
