using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// Keeps files open between uses. When too many are open, closes files that are not in use, the least recently used
/// first. Thread-safe.
/// </summary>
/// <param name="capacity">
/// Maximum number of open files. It is exceeded only while more files are in use at the same time.
/// </param>
/// <param name="open">
/// Opens the file with the given index: for reading, or for reading and writing if the second argument is true.
/// </param>
internal sealed class FileHandleCache(int capacity, Func<int, bool, SafeFileHandle> open) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Entry> _entries = [];
    private readonly LinkedList<Entry> _recent = [];
    private int _openCount;
    private bool _disposed;

    /// <summary>
    /// Number of open files. A file that was removed from the cache while in use counts until it is closed.
    /// </summary>
    public int OpenCount
    {
        get
        {
            lock (_lock)
                return _openCount;
        }
    }

    /// <summary>
    /// Returns a lease on an open file. Opens the file if it is not in the cache, or if it is open for reading only and
    /// <paramref name="write"/> is true. The file stays open at least until the lease is disposed.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public Lease Acquire(int file, bool write)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(file, out Entry? entry))
            {
                if (entry.Writable || !write)
                {
                    _recent.Remove(entry.Node);
                    _recent.AddFirst(entry.Node);
                    entry.Users++;
                    return new Lease(this, entry);
                }

                Drop(entry);
            }

            entry = new Entry(file, open(file, write), write) { Users = 1 };
            _openCount++;
            _entries.Add(file, entry);
            _recent.AddFirst(entry.Node);
            Trim();
            return new Lease(this, entry);
        }
    }

    /// <summary>
    /// Closes the files that are not in use. The others are closed when their last lease is disposed.
    /// </summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_recent.Last is { } last)
                Drop(last.Value);
        }
    }

    private void Trim()
    {
        LinkedListNode<Entry>? node = _recent.Last;
        while (node is not null && _entries.Count > capacity)
        {
            LinkedListNode<Entry>? previous = node.Previous;
            if (node.Value.Users == 0)
                Drop(node.Value);
            node = previous;
        }
    }

    /// <summary>
    /// Removes an entry from the cache and closes its file. A file in use is closed when its last lease is disposed.
    /// </summary>
    private void Drop(Entry entry)
    {
        _entries.Remove(entry.File);
        _recent.Remove(entry.Node);
        entry.IsDropped = true;
        if (entry.Users == 0)
            Close(entry);
    }

    private void Release(Entry entry)
    {
        lock (_lock)
        {
            entry.Users--;
            if (entry.IsDropped && entry.Users == 0)
                Close(entry);
            else if (!entry.IsDropped)
                Trim();
        }
    }

    private void Close(Entry entry)
    {
        entry.Handle.Dispose();
        _openCount--;
    }

    internal readonly struct Lease : IDisposable
    {
        private readonly FileHandleCache _cache;
        private readonly Entry _entry;

        internal Lease(FileHandleCache cache, Entry entry)
        {
            _cache = cache;
            _entry = entry;
        }

        public SafeFileHandle Handle => _entry.Handle;

        /// <inheritdoc/>
        public void Dispose() => _cache.Release(_entry);
    }

    internal sealed class Entry
    {
        internal Entry(int file, SafeFileHandle handle, bool writable)
        {
            File = file;
            Handle = handle;
            Writable = writable;
            Node = new LinkedListNode<Entry>(this);
        }

        internal int File { get; }

        internal SafeFileHandle Handle { get; }

        internal bool Writable { get; }

        internal LinkedListNode<Entry> Node { get; }

        internal int Users { get; set; }

        internal bool IsDropped { get; set; }
    }
}
