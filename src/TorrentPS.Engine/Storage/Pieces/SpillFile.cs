using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// The spill file, in the state folder. It stores unverified blocks while few blocks of the pool are free, in one slot
/// per piece. It is created when first written and deleted when closed.
/// </summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="path">Path of the file.</param>
/// <param name="slotLength">Length of a slot in bytes: the torrent's piece length.</param>
internal sealed class SpillFile(string path, int slotLength) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _freeSlots = new();
    private SafeFileHandle? _handle;
    private int _slotCount;

    public string FilePath { get; } = Path.GetFullPath(path);

    public int TakeSlot()
    {
        lock (_lock)
            return _freeSlots.TryPop(out int slot) ? slot : _slotCount++;
    }

    /// <summary>
    /// Frees a slot for another piece. When no slot is in use any more, the file is truncated to zero bytes.
    /// </summary>
    public void FreeSlot(int slot)
    {
        lock (_lock)
        {
            _freeSlots.Push(slot);
            if (_freeSlots.Count < _slotCount)
                return;
            _freeSlots.Clear();
            _slotCount = 0;
            try
            {
                if (_handle is not null)
                    RandomAccess.SetLength(_handle, 0);
            }
            catch (IOException)
            {
                // The space is freed when the file is deleted; until then the slots are reused.
            }
        }
    }

    /// <summary>Writes the buffers one after another, beginning at an offset in a slot.</summary>
    /// <exception cref="StorageException">The file cannot be created or written.</exception>
    public void Write(int slot, int begin, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        try
        {
            RandomAccess.Write(Open(), buffers, ((long)slot * slotLength) + begin);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            throw StorageFaults.Wrap(exception, FilePath);
        }
    }

    /// <summary>Fills a buffer with the bytes that begin at an offset in a slot.</summary>
    /// <exception cref="StorageException">The file cannot be read, or ends before the requested bytes.</exception>
    public void Read(int slot, int begin, Span<byte> buffer)
    {
        try
        {
            long offset = ((long)slot * slotLength) + begin;
            while (!buffer.IsEmpty)
            {
                int read = RandomAccess.Read(Open(), buffer, offset);
                if (read == 0)
                    throw new EndOfStreamException();
                buffer = buffer[read..];
                offset += read;
            }
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            throw StorageFaults.Wrap(exception, FilePath);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _handle?.Dispose();
            _handle = null;
        }
    }

    private SafeFileHandle Open()
    {
        lock (_lock)
        {
            if (_handle is not null)
                return _handle;
            return _handle = OwnerOnly.Open(
                FilePath, FileMode.Create, FileShare.Read, FileOptions.DeleteOnClose);
        }
    }
}
