namespace TorrentPS.Engine.Session;

/// <summary>Limits the connections of a session, and those that are still being established. Thread-safe.</summary>
/// <param name="maxConnections">Maximum connections, half-open ones included.</param>
/// <param name="maxHalfOpen">Maximum half-open connections: outgoing ones that aren't established yet.</param>
internal sealed class ConnectionBudget(int maxConnections, int maxHalfOpen)
{
    private readonly Lock _gate = new();
    private int _maxConnections = maxConnections;
    private int _connections;
    private int _halfOpen;

    /// <summary>
    /// Maximum connections, half-open ones included. Lowering it closes no connection, but no new one is allowed while
    /// the number is reached.
    /// </summary>
    public int MaxConnections
    {
        set
        {
            lock (_gate)
                _maxConnections = value;
        }
    }

    /// <summary>Counts an outgoing connection before it is established. Returns false if a limit is reached.</summary>
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

    /// <summary>Counts an incoming connection. Returns false if the limit is reached.</summary>
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

    /// <summary>
    /// Ends the half-open state of an outgoing connection, which was established or failed. A failed one also needs
    /// <see cref="Release"/>.
    /// </summary>
    public void EndHalfOpen()
    {
        lock (_gate)
            _halfOpen--;
    }

    /// <summary>Removes a closed or failed connection from the count.</summary>
    public void Release()
    {
        lock (_gate)
            _connections--;
    }
}
