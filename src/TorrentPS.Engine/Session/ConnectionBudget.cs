namespace TorrentPS.Engine.Session;

/// <summary>How many connections the session may hold and begin. Thread-safe.</summary>
internal sealed class ConnectionBudget(int maxConnections, int maxHalfOpen)
{
    private readonly Lock _gate = new();
    private int _maxConnections = maxConnections;
    private int _connections;
    private int _halfOpen;

    /// <summary>The most connections that may stand. When it falls below what stands, those stay and no new one comes.</summary>
    public int MaxConnections
    {
        set
        {
            lock (_gate)
                _maxConnections = value;
        }
    }

    /// <summary>Takes a place for a connection that is yet to stand.</summary>
    public bool TryBegin()
    {
        lock (_gate)
        {
            if (_connections >= _maxConnections || _halfOpen >= maxHalfOpen)
                return false;
            _connections++;
            _halfOpen++;
            return true;
        }
    }

    /// <summary>Takes a place for a connection that somebody else began.</summary>
    public bool TryAccept()
    {
        lock (_gate)
        {
            if (_connections >= _maxConnections)
                return false;
            _connections++;
            return true;
        }
    }

    /// <summary>A connection that was begun stands now, or never will.</summary>
    public void EndHalfOpen()
    {
        lock (_gate)
            _halfOpen--;
    }

    /// <summary>A connection is over.</summary>
    public void Release()
    {
        lock (_gate)
            _connections--;
    }
}
