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

    private static DestinationFiles At(string destination) =>
        new(new ContentLayout(TorrentGeometry.Continuous(1, 16 * 1024), [new ContentFile("a", 0, 1)]), destination);
}
