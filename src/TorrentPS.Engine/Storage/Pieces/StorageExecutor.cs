namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// The storage threads of a session, by default at most one per core. A thread is started when work is queued and no
/// thread is idle.
/// </summary>
/// <remarks>
/// The storage threads do not belong to the thread pool, because a write to a slow disk may block for a long time, and
/// the thread pool runs the I/O loops of the peer connections.
/// </remarks>
internal sealed class StorageExecutor : IStorageExecutor, IDisposable
{
    private readonly object _lock = new();
    private readonly Queue<Action> _work = new();
    private readonly List<Thread> _threads = [];
    private readonly int _maxThreads;
    private int _idle;
    private bool _disposed;

    /// <param name="maxThreads">Maximum number of threads; 0 means the number of cores.</param>
    public StorageExecutor(int maxThreads = 0) =>
        _maxThreads = maxThreads > 0 ? maxThreads : Environment.ProcessorCount;

    /// <inheritdoc/>
    public void Queue(Action work)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _work.Enqueue(work);
            if (_work.Count <= _idle)
                Monitor.Pulse(_lock);
            else if (_threads.Count < _maxThreads)
                StartThread();
        }
    }

    /// <summary>Waits until the queued work is done, and ends the threads.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Monitor.PulseAll(_lock);
        }

        foreach (Thread thread in _threads)
            thread.Join();
    }

    private void StartThread()
    {
        var thread = new Thread(RunQueuedWork) { IsBackground = true, Name = "Torrent storage" };
        _threads.Add(thread);
        thread.Start();
    }

    private void RunQueuedWork()
    {
        while (Next() is { } work)
            work();
    }

    /// <summary>
    /// Waits for queued work and takes it from the queue. Returns null after disposal, once the queue is empty.
    /// </summary>
    private Action? Next()
    {
        lock (_lock)
        {
            Action? work;
            while (!_work.TryDequeue(out work) && !_disposed)
            {
                _idle++;
                Monitor.Wait(_lock);
                _idle--;
            }

            return work;
        }
    }
}
