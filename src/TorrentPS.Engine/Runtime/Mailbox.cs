namespace TorrentPS.Engine.Runtime;

/// <summary>
/// The only way into a single-writer loop: any thread posts, one thread at a time handles what was posted, in order.
/// A turn is the run of messages found waiting; what belongs to the end of a turn (flushing sends) happens once for all of them.
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

    /// <param name="handle">Takes one message; must not throw.</param>
    /// <param name="endTurn">Called after each run of messages; must not throw.</param>
    public Mailbox(Action<T> handle, Action endTurn)
    {
        _handle = handle;
        _endTurn = endTurn;
    }

    /// <summary>Puts a message in line; a pool thread will handle it.</summary>
    /// <returns>False when the mailbox is closed: the message's resources stay the caller's.</returns>
    public bool Post(T message)
    {
        if (!TryEnqueue(message, out bool mustRun))
            return false;
        if (mustRun)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>
    /// As <see cref="Post"/>, but when nobody is handling messages the caller's thread does so for one turn: a pump that has just read
    /// a lot saves waking another thread, and what it read is still in this core's cache. Not to be called from the handler.
    /// </summary>
    /// <returns>False when the mailbox is closed: the message's resources stay the caller's.</returns>
    public bool PostAndHelp(T message)
    {
        if (!TryEnqueue(message, out bool mustRun))
            return false;
        if (mustRun)
            Turn();
        return true;
    }

    /// <summary>Refuses further messages; those waiting are still handled.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
    }

    /// <summary>Ends when all that was posted has been handled.</summary>
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

        // Back of the queue rather than another round: one busy torrent leaves the pool's threads to the others.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
