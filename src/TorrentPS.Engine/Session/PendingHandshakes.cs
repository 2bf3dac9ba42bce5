using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Addresses;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The incoming connections whose handshakes are not complete. They don't count towards the session's
/// connection limit, so that connections without a handshake can't prevent connections with other peers. When a limit
/// of this class is reached, the oldest connection is closed. A peer usually completes its handshake within a round
/// trip, so the oldest connection is probably one that sends no handshake. Thread-safe.
/// </summary>
internal sealed class PendingHandshakes
{
    /// <summary>
    /// Maximum number of unfinished handshakes of all addresses. At 250 new connections per second, a peer still has
    /// two seconds to complete its handshake.
    /// </summary>
    public const int Max = 500;

    /// <summary>
    /// Maximum number of unfinished handshakes of one origin. Ten are enough for several peers behind one router. The
    /// limit does not apply to loopback, link-local and private addresses (<see cref="AddressLimit"/>).
    /// </summary>
    public const int MaxPerOrigin = 10;

    private readonly Lock _gate = new();
    private readonly LinkedList<Pending> _oldestFirst = new();

    /// <summary>Number of unfinished handshakes.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _oldestFirst.Count;
        }
    }

    /// <summary>Adds a connection. If a limit is reached, first removes the oldest connection and disposes it.</summary>
    /// <param name="peer">The remote address.</param>
    /// <param name="connection">The connection. It is disposed when it is removed to make room.</param>
    /// <returns>An object to pass to <see cref="Remove"/>.</returns>
    public object Add(IPEndPoint peer, IDisposable connection)
    {
        PeerOrigin? limited = AddressLimit.AppliesTo(peer.Address) ? new PeerOrigin(peer) : null;
        var added = new LinkedListNode<Pending>(new Pending(limited, connection));
        LinkedListNode<Pending>? oldest;
        lock (_gate)
        {
            oldest = limited is { } origin ? OldestOf(origin) : null;
            if (oldest is null && _oldestFirst.Count >= Max)
                oldest = _oldestFirst.First;
            if (oldest is not null)
                _oldestFirst.Remove(oldest);
            _oldestFirst.AddLast(added);
        }

        oldest?.Value.Connection.Dispose();
        return added;
    }

    /// <summary>Removes a connection whose handshake is complete or has failed.</summary>
    /// <returns>
    /// False if the connection had already been removed and disposed, to make room for a newer one.
    /// </returns>
    public bool Remove(object added)
    {
        var node = (LinkedListNode<Pending>)added;
        lock (_gate)
        {
            if (node.List is null)
                return false;
            _oldestFirst.Remove(node);
            return true;
        }
    }

    /// <summary>
    /// Returns the oldest connection of an origin that has <see cref="MaxPerOrigin"/> connections. Returns null if the
    /// origin has fewer.
    /// </summary>
    private LinkedListNode<Pending>? OldestOf(PeerOrigin origin)
    {
        LinkedListNode<Pending>? oldest = null;
        int count = 0;
        for (LinkedListNode<Pending>? node = _oldestFirst.First; node is not null; node = node.Next)
        {
            if (node.Value.Limited != origin)
                continue;
            oldest ??= node;
            count++;
        }

        return count >= MaxPerOrigin ? oldest : null;
    }

    private sealed record Pending(PeerOrigin? Limited, IDisposable Connection);
}
