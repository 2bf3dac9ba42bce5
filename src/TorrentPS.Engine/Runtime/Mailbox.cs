namespace TorrentPS.Engine.Runtime;

/// <summary>
/// The only way into a single-writer loop: any thread posts, one pool thread at a time handles what was posted, in order.
/// A turn is the run of messages found waiting; what belongs to the end of a turn (flushing sends) happens once for all of them.
/// </summary>
internal sealed class Mailbox<T> : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Action<T> _handle;
    private readonly Action _endTurn;
    private List<T> _filling = [];
    private List<T> _draining = [];
    private bool _scheduled;
    private bool _closed;

    /// <param name="handle">Takes one message; must not throw.</param>
    /// <param name="endTurn">Called after each run of messages; must not throw.</param>
    public Mailbox(Action<T> handle, Action endTurn)
    {
        _handle = handle;
        _endTurn = endTurn;
    }

    /// <summary>Puts a message in line.</summary>
    /// <returns>False when the mailbox is closed: the message's resources stay the caller's.</returns>
    public bool Post(T message)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _filling.Add(message);
            if (_scheduled)
                return true;
            _scheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>Refuses further messages; those waiting are still handled.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
    }

    void IThreadPoolWorkItem.Execute()
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
                _scheduled = false;
                return;
            }
        }

        // Back of the queue rather than another round: one busy torrent leaves the pool's threads to the others.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
