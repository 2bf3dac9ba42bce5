using TorrentPS.Engine.Storage.Files;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class ContentPathTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("file.bin")]
    [InlineData("folder/sub/ünïcode 文件.bin")]
    [InlineData("folder/..hidden")]
    public void A_relative_path_is_joined_to_the_destination(string path) =>
        Assert.Equal(
            Path.Combine(_folder.Path, path.Replace('/', Path.DirectorySeparatorChar)),
            ContentPath.Join(_folder.Path, path));

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../escape")]
    [InlineData("a/../../escape")]
    [InlineData("a/./b")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\\..\\..\\b")]
    [InlineData("\\\\server\\share")]
    [InlineData("C:/Windows")]
    [InlineData("a\0b")]
    public void A_path_that_could_leave_the_destination_is_refused(string path) =>
        Assert.Equal(
            StorageFaultKind.BadPath,
            Assert.Throws<StorageException>(() => ContentPath.Join(_folder.Path, path)).Fault.Kind);

    [Fact]
    public void The_root_of_a_volume_can_be_the_destination()
    {
        string root = Path.GetPathRoot(_folder.Path)!;
        Assert.Equal(Path.Combine(root, "a"), ContentPath.Join(root, "a"));
    }

    [SkippableFact]
    public void A_link_below_the_destination_is_refused_wherever_it_points()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making links needs rights on Windows.");
        Directory.CreateDirectory(_folder["outside"]);
        Directory.CreateDirectory(_folder["destination"]);
        Directory.CreateSymbolicLink(_folder["destination/content"], _folder["outside"]);
        File.CreateSymbolicLink(_folder["destination/dangling"], _folder["outside/new.txt"]);
        Refused("destination/content/file");
        Refused("destination/content/not/yet/there");
        Refused("destination/dangling");
        Assert.Empty(Directory.GetFileSystemEntries(_folder["outside"]));

        void Refused(string path) => Assert.Equal(
            StorageFaultKind.BadPath,
            Assert.Throws<StorageException>(
                () => ContentPath.RefuseLinks(_folder["destination"], _folder[path])).Fault.Kind);
    }

    [SkippableFact]
    public void The_destination_itself_may_be_a_link()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making links needs rights on Windows.");
        Directory.CreateDirectory(_folder["real"]);
        Directory.CreateSymbolicLink(_folder["link"], _folder["real"]);
        ContentPath.RefuseLinks(_folder["link"], _folder["link/content/file"]);
    }

    [Fact]
    public void A_file_in_place_of_a_folder_is_refused()
    {
        File.WriteAllText(_folder["content"], "a file");
        Directory.CreateDirectory(_folder["folder"]);
        Assert.Throws<StorageException>(() => ContentPath.RefuseLinks(_folder.Path, _folder["content/file"]));
        Assert.Throws<StorageException>(() => ContentPath.RefuseLinks(_folder.Path, _folder["folder"]));
    }
}
