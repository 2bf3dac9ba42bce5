using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// The side file in the state folder that takes unverified blocks when memory is short. It is made of slots of one piece each,
/// so that its size is bounded by the pieces spilled at once; it is created when first needed and deleted when disposed.
/// </summary>
/// <remarks>Slots are taken and freed by one thread at a time; reads and writes of different slots may run at once.</remarks>
internal sealed class SpillFile(string path, int slotLength) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private SafeFileHandle? _handle;
    private int _slots;

    /// <summary>The file's full path.</summary>
    public string FilePath { get; } = Path.GetFullPath(path);

    /// <summary>Reserves room for one piece.</summary>
    public int TakeSlot()
    {
        lock (_gate)
            return _free.TryPop(out int slot) ? slot : _slots++;
    }

    /// <summary>Frees a slot; the file shrinks to nothing when no slot is left in use.</summary>
    public void FreeSlot(int slot)
    {
        lock (_gate)
        {
            _free.Push(slot);
            if (_free.Count < _slots)
                return;
            _free.Clear();
            _slots = 0;
            try
            {
                if (_handle is not null)
                    RandomAccess.SetLength(_handle, 0);
            }
            catch (IOException)
            {
                // Only room that could be given back early is lost; the slots are reused all the same.
            }
        }
    }

    /// <summary>Writes buffers in order into a slot.</summary>
    /// <exception cref="StorageException">The disk refused.</exception>
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

    /// <summary>Reads back what was written.</summary>
    /// <exception cref="StorageException">The disk refused.</exception>
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
        lock (_gate)
        {
            _handle?.Dispose();
            _handle = null;
        }
    }

    private SafeFileHandle Open()
    {
        lock (_gate)
        {
            if (_handle is not null)
                return _handle;
            Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
            return _handle = File.OpenHandle(
                FilePath, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, FileOptions.DeleteOnClose);
        }
    }
}
