namespace TorrentPS.Engine.Tests.Runtime;

public sealed class AtomicFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("torrentps-whole-");

    private string Target => Path.Combine(_folder.FullName, "file");

    [Fact]
    public void A_file_takes_the_place_of_the_one_before_and_leaves_nothing_beside_it()
    {
        AtomicFile.Write(Target, "before and longer"u8);
        AtomicFile.Write(Target, "after"u8);
        Assert.Equal("after", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public void A_file_that_must_stay_stays_as_it_is()
    {
        AtomicFile.Write(Target, "before"u8, overwrite: false);
        Assert.Throws<IOException>(() => AtomicFile.Write(Target, "after"u8, overwrite: false));
        Assert.Equal("before", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public void What_can_not_be_written_is_told_and_leaves_nothing()
    {
        Directory.CreateDirectory(Target);
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(Target, "a folder has the name"u8));
        Assert.ThrowsAny<IOException>(() => AtomicFile.Write(Path.Combine(_folder.FullName, "missing", "file"), "no folder"u8));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public void Secrets_are_for_the_owner_alone_though_the_file_before_was_for_all()
    {
        AtomicFile.Write(Target, "open"u8);
        AtomicFile.Write(Target, "secret"u8, ownerOnly: true, durable: true);
        Assert.Equal("secret", File.ReadAllText(Target));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Target));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
