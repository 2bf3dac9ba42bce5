using TorrentPS.Engine.Storage.Files;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class ContentReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Any_range_over_files_pad_files_and_gaps_is_read_correctly()
    {
        var content = new TestContent(
            16384,
            new("c/a", 0, 10_000),
            new("c/.pad/6384", 10_000, 6_384, IsPadding: true),
            new("c/b", 16_384, 0),
            new("c/c", 16_384, 70_000),
            new("c/d", 86_384, 1));
        content.WriteTo(_folder.Path);
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        var reader = new ContentReader(files);
        var random = new Random(3);
        for (int i = 0; i < 300; i++)
        {
            int offset = random.Next(content.Bytes.Length);
            int length = random.Next(content.Bytes.Length - offset) + 1;
            int cut = random.Next(length + 1);
            byte[] first = new byte[cut];
            byte[] second = new byte[length - cut];
            first.AsSpan().Fill(0xAA);
            second.AsSpan().Fill(0xAA);
            reader.Read(offset, [first, second]);
            Assert.Equal(content.Bytes.AsSpan(offset, length), [.. first, .. second]);
        }
    }

    [Fact]
    public void A_read_into_thousands_of_buffers_is_complete()
    {
        TestContent content = TestContent.Of(1 << 20, 3_000 * 16);
        content.WriteTo(_folder.Path);
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        Memory<byte>[] buffers = [.. Enumerable.Range(0, 3_000).Select(_ => new byte[16].AsMemory())];
        new ContentReader(files).Read(0, buffers);
        Assert.Equal(content.Bytes, buffers.SelectMany(buffer => buffer.ToArray()));
    }

    [Fact]
    public void Missing_and_truncated_files_are_reported()
    {
        TestContent content = TestContent.Of(16384, 100, 100);
        content.WriteTo(_folder.Path);
        File.WriteAllBytes(_folder[content.Layout.Files[0].Path], new byte[99]);
        File.Delete(_folder[content.Layout.Files[1].Path]);
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        var reader = new ContentReader(files);
        Assert.Equal(
            StorageFaultKind.ContentMissing,
            Assert.Throws<StorageException>(() => reader.Read(0, [new byte[100]])).Fault.Kind);
        StorageFault fault = Assert.Throws<StorageException>(() => reader.Read(100, [new byte[1]])).Fault;
        Assert.Equal(
            (StorageFaultKind.ContentMissing, _folder[content.Layout.Files[1].Path]), (fault.Kind, fault.Path));
        Assert.False(File.Exists(fault.Path));
    }

    [Fact]
    public async Task Concurrent_reads_of_more_files_than_stay_open_return_the_right_bytes()
    {
        TestContent content = TestContent.Of(16384, [.. Enumerable.Repeat(5_000L, 40)]);
        content.WriteTo(_folder.Path);
        using var files = new DestinationFiles(content.Layout, _folder.Path, openFiles: 3);
        var reader = new ContentReader(files);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            byte[] buffer = new byte[1_000];
            for (int i = 0; i < 300; i++)
            {
                int offset = random.Next(content.Bytes.Length - buffer.Length);
                reader.Read(offset, [buffer]);
                Assert.True(content.Bytes.AsSpan(offset, buffer.Length).SequenceEqual(buffer));
            }
        })));
        Assert.InRange(files.OpenFiles, 1, 3);
    }

    [Fact]
    public void Wanted_empty_files_are_created_and_links_are_not()
    {
        var content = new TestContent(
            16384,
            new("c/empty", 0, 0),
            new("c/unwanted", 0, 0),
            new("c/link", 0, 0, IsSymlink: true),
            new("c/data", 0, 5));
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        files.Prepare(index => index != 1);
        Assert.Equal([_folder["c/empty"]], Directory.GetFiles(_folder["c"]));
    }
}
