using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class DestinationFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_writable_destination_is_created_and_left_empty()
    {
        using DestinationFiles files = At(_folder["new/deep"]);

        files.EnsureWritable();
        files.EnsureWritable();

        Assert.True(Directory.Exists(_folder["new/deep"]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder["new/deep"]));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file/below")]
    public void A_file_in_place_of_the_destination_is_reported(string destination)
    {
        File.WriteAllText(_folder["file"], "mine");
        using DestinationFiles files = At(_folder[destination]);

        StorageFault fault = Assert.Throws<StorageException>(files.EnsureWritable).Fault;

        Assert.Equal((StorageFaultKind.BadPath, _folder[destination]), (fault.Kind, fault.Path));
        Assert.Equal("mine", File.ReadAllText(_folder["file"]));
    }

    [SkippableFact]
    public void A_read_only_destination_is_reported_before_the_download()
    {
        using SmallDisk? disk = SmallDisk.TryMount(_folder, "disk", 1 << 20);
        Skip.If(disk is null, "A read-only file system needs root on Linux.");
        disk.MakeReadOnly();
        using DestinationFiles files = At(_folder["disk"]);

        Assert.Equal(StorageFaultKind.AccessDenied, Assert.Throws<StorageException>(files.EnsureWritable).Fault.Kind);
    }

    [SkippableTheory]
    [InlineData("a")]
    [InlineData("folder/a")]
    public void A_link_is_read_only_where_the_user_has_chosen_the_content(string path)
    {
        Skip.If(OperatingSystem.IsWindows(), "Making links needs rights on Windows.");
        Directory.CreateDirectory(_folder["outside"]);
        Directory.CreateDirectory(_folder["destination"]);
        File.WriteAllText(_folder["outside/a"], "x");
        string first = path.Split('/')[0];
        File.CreateSymbolicLink(_folder[$"destination/{first}"], _folder[first == "a" ? "outside/a" : "outside"]);
        var layout = new ContentLayout(TorrentGeometry.Continuous(1, 16 * 1024), [new ContentFile(path, 0, 1)]);

        using (var chosen = new DestinationFiles(layout, _folder["destination"]))
            Assert.Equal(1, chosen.Read(0, 0, new byte[1]));

        using var downloaded = new DestinationFiles(layout, _folder["destination"]) { ReadsThroughLinks = false };
        StorageFault fault = Assert.Throws<StorageException>(() => downloaded.Read(0, 0, new byte[1])).Fault;
        Assert.Equal((StorageFaultKind.BadPath, _folder[$"destination/{first}"]), (fault.Kind, fault.Path));
    }

    private static DestinationFiles At(string destination) =>
        new(new ContentLayout(TorrentGeometry.Continuous(1, 16 * 1024), [new ContentFile("a", 0, 1)]), destination);
}
