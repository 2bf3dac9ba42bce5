using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage;

/// <summary>A bounded set of open files, the least recently used closed first. A file in use is never closed.</summary>
/// <param name="capacity">The most files kept open while idle; more are open only while more are in use at once.</param>
/// <param name="open">Opens a file by its index, for writing as well when asked.</param>
internal sealed class FileHandleCache(int capacity, Func<int, bool, SafeFileHandle> open) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Entry> _entries = [];
    private readonly LinkedList<Entry> _recent = [];
    private int _openCount;
    private bool _disposed;

    /// <summary>How many files are open.</summary>
    public int OpenCount
    {
        get
        {
            lock (_gate)
                return _openCount;
        }
    }

    /// <summary>Opens a file or takes it from the cache; it stays open until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The cache is gone.</exception>
    public Lease Acquire(int file, bool write)
    {
        lock (_gate)
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

    /// <summary>Closes everything; a file in use is closed when its lease ends.</summary>
    public void Dispose()
    {
        lock (_gate)
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

    /// <summary>Takes an entry out of the cache, and closes it unless it is in use.</summary>
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
        lock (_gate)
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

    /// <summary>The right to use an open file until disposed.</summary>
    internal readonly struct Lease : IDisposable
    {
        private readonly FileHandleCache _cache;
        private readonly Entry _entry;

        internal Lease(FileHandleCache cache, Entry entry)
        {
            _cache = cache;
            _entry = entry;
        }

        /// <summary>The open file.</summary>
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
