namespace TorrentPS.Engine.Session;

/// <summary>Limits the number of a session's peer connections and of its half-open connections. Thread-safe.</summary>
/// <param name="maxConnections">Maximum number of connections, half-open ones included.</param>
/// <param name="maxHalfOpen">
/// Maximum number of half-open connections, that is, outgoing ones whose handshakes are not complete.
/// </param>
internal sealed class ConnectionBudget(int maxConnections, int maxHalfOpen)
{
    private readonly Lock _gate = new();
    private int _maxConnections = maxConnections;
    private int _connections;
    private int _halfOpen;

    /// <summary>
    /// Maximum number of connections, half-open ones included. Lowering it closes no connection. New connections are
    /// refused until the number of connections is below the maximum.
    /// </summary>
    public int MaxConnections
    {
        set
        {
            lock (_gate)
                _maxConnections = value;
        }
    }

    /// <summary>
    /// Counts an outgoing connection as half-open before it is dialed. If one of the limits is reached, does not count
    /// it and returns false.
    /// </summary>
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

    /// <summary>
    /// Counts an incoming connection. If the limit of connections is reached, does not count it and returns false.
    /// </summary>
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
    /// Stops counting an outgoing connection as half-open. Called when the handshakes of the connection are complete,
    /// and when the dial has failed. After a failed dial, the caller also calls <see cref="Release"/>.
    /// </summary>
    public void EndHalfOpen()
    {
        lock (_gate)
            _halfOpen--;
    }

    public void Release()
    {
        lock (_gate)
            _connections--;
    }
}
