namespace TorrentPS.Engine.Storage;

/// <summary>
/// The storage threads of a process: one per core, started one by one as work piles up. They are its own and not the thread pool's
/// because they may wait for a slow disk, and the pumps must not wait with them.
/// </summary>
internal sealed class StorageExecutor : IStorageExecutor, IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<IStorageWork> _work = new();
    private readonly List<Thread> _threads = [];
    private readonly int _maxThreads;
    private int _idle;
    private bool _disposed;

    /// <param name="maxThreads">The most threads at once; the machine's cores when zero.</param>
    public StorageExecutor(int maxThreads = 0) => _maxThreads = maxThreads > 0 ? maxThreads : Environment.ProcessorCount;

    /// <inheritdoc/>
    public void Queue(IStorageWork work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _work.Enqueue(work);
            if (_work.Count <= _idle)
                Monitor.Pulse(_gate);
            else if (_threads.Count < _maxThreads)
                Start();
        }
    }

    /// <summary>Finishes the work already queued and ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
            thread.Join();
    }

    private void Start()
    {
        var thread = new Thread(Loop) { IsBackground = true, Name = "Torrent storage" };
        _threads.Add(thread);
        thread.Start();
    }

    private void Loop()
    {
        while (Next() is { } work)
            work.Run();
    }

    private IStorageWork? Next()
    {
        lock (_gate)
        {
            IStorageWork? work;
            while (!_work.TryDequeue(out work) && !_disposed)
            {
                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }

            return work;
        }
    }
}
