namespace TorrentPS.Engine.Tests.Runtime;

public sealed class AtomicFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("torrentps-whole-");

    private string Target => Path.Combine(_folder.FullName, "file");

    [Fact]
    public void A_write_replaces_the_file_and_leaves_no_temporary_file()
    {
        AtomicFile.Write(Target, "before and longer"u8);
        AtomicFile.Write(Target, "after"u8);
        Assert.Equal("after", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public void Without_overwrite_an_existing_file_is_unchanged()
    {
        AtomicFile.Write(Target, "before"u8, overwrite: false);
        Assert.Throws<IOException>(() => AtomicFile.Write(Target, "after"u8, overwrite: false));
        Assert.Equal("before", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public void A_failed_write_throws_and_leaves_no_temporary_file()
    {
        Directory.CreateDirectory(Target);
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(Target, "a folder has the name"u8));
        Assert.ThrowsAny<IOException>(() => AtomicFile.Write(
            Path.Combine(_folder.FullName, "missing", "file"), "no folder"u8));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public void An_owner_only_file_replaces_a_readable_one_with_owner_permissions()
    {
        AtomicFile.Write(Target, "open"u8);
        AtomicFile.Write(Target, "secret"u8, ownerOnly: true, durable: true);
        Assert.Equal("secret", File.ReadAllText(Target));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Target));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
