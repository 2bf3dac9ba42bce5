using TorrentPS.Engine;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Simulation.Disks;

/// <summary>
/// A single content file of which only the writes are simulated. Reads are not supported, as simulated blocks have no
/// stored contents.
/// </summary>
internal sealed class DiskFiles(Disk disk, TorrentGeometry geometry) : IContentFiles
{
    private const string Name = "content";

    public ContentLayout Layout { get; } = new(geometry, [new ContentFile(Name, 0, geometry.TotalLength)]);

    public string PathOf(int file) => Name;

    public long LengthOf(int file) => geometry.TotalLength;

    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        long length = 0;
        for (int i = 0; i < buffers.Count; i++)
            length += buffers[i].Length;
        if (!disk.TryWrite(length))
            throw new StorageException(
                new StorageFault(StorageFaultKind.DiskFull, Name, "The simulated disk is full."));
    }

    public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers) => throw new NotSupportedException();

    public int Read(int file, long offset, Span<byte> buffer) => throw new NotSupportedException();

    public void Dispose()
    {
        // No open files.
    }
}
