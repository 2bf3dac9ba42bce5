namespace TorrentPS.Engine.Runtime;

/// <summary>
/// The message queue of a single-writer loop. Any thread can post messages. They are handled in order, by one thread at
/// a time. All waiting messages are handled in one turn. Work such as flushing connections is done once, at the end of
/// the turn.
/// </summary>
internal sealed class Mailbox<T> : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Action<T> _handle;
    private readonly Action _endTurn;
    private List<T> _filling = [];
    private List<T> _draining = [];
    private bool _running;
    private bool _closed;
    private TaskCompletionSource? _idle;

    /// <param name="handle">Handles one message. Must not throw.</param>
    /// <param name="endTurn">Called at the end of each turn. Must not throw.</param>
    public Mailbox(Action<T> handle, Action endTurn)
    {
        _handle = handle;
        _endTurn = endTurn;
    }

    /// <summary>Queues a message, which a thread of the thread pool handles.</summary>
    /// <returns>False if the mailbox is closed. The caller then still owns the objects in the message.</returns>
    public bool Post(T message)
    {
        if (!TryEnqueue(message, out bool mustRun))
            return false;
        if (mustRun)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>
    /// Queues a message like <see cref="Post"/>. Then runs one turn on the caller's thread, unless another thread is
    /// handling messages. This saves a thread switch, and received data is still in the processor's cache. The handler
    /// of messages must not call this method.
    /// </summary>
    /// <returns>False if the mailbox is closed. The caller then still owns the objects in the message.</returns>
    public bool PostAndHandle(T message)
    {
        if (!TryEnqueue(message, out bool mustRun))
            return false;
        if (mustRun)
            Turn();
        return true;
    }

    /// <summary>Closes the mailbox. Further messages are refused. Messages already queued are still handled.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
    }

    /// <summary>Returns a task that completes when all queued messages have been handled.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (!_running)
                return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    void IThreadPoolWorkItem.Execute() => Turn();

    private bool TryEnqueue(T message, out bool mustRun)
    {
        lock (_gate)
        {
            mustRun = !_running && !_closed;
            if (_closed)
                return false;
            _filling.Add(message);
            _running = true;
            return true;
        }
    }

    private void Turn()
    {
        lock (_gate)
            (_filling, _draining) = (_draining, _filling);

        foreach (T message in _draining)
            _handle(message);
        _draining.Clear();
        _endTurn();

        lock (_gate)
        {
            if (_filling.Count == 0)
            {
                _running = false;
                _idle?.SetResult();
                _idle = null;
                return;
            }
        }

        // The next turn is queued to the thread pool, so that one busy torrent does not keep the others waiting.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
