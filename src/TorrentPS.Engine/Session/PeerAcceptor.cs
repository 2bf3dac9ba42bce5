using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Exchanges handshakes on incoming connections, and passes each connection to its torrent.</summary>
/// <param name="session">The session's shared resources.</param>
/// <param name="find">Returns the torrent with the given info hash, or null if the session has none.</param>
/// <param name="cancellation">Cancels running handshakes.</param>
internal sealed class PeerAcceptor(
    SessionResources session, Func<InfoHash, TorrentRunner?> find, CancellationToken cancellation)
{
    private readonly PendingHandshakes _pending = new();

    /// <summary>
    /// Takes ownership of an incoming connection, exchanges handshakes, and passes the connection to its torrent.
    /// Closes the connection if the user blocked its address, the handshake fails, the session doesn't have the
    /// torrent, or the session's connection limit is reached.
    /// </summary>
    public async Task AcceptAsync(Socket socket)
    {
        if (await ReceiveHandshakeAsync(socket) is not { } handshake
            || find(handshake.InfoHash) is not { } torrent
            || !session.Connections.TryAccept())
        {
            socket.Dispose();
            return;
        }

        torrent.Take(socket, handshake, incoming: true);
    }

    /// <summary>
    /// Exchanges handshakes. Returns null if the user blocked the address, if the exchange failed, or if the connection
    /// was closed to make room for a newer one (<see cref="PendingHandshakes"/>).
    /// </summary>
    private async Task<Handshake?> ReceiveHandshakeAsync(Socket socket)
    {
        object? pending = null;
        Handshake? received = null;
        try
        {
            IPEndPoint caller = ((IPEndPoint)socket.RemoteEndPoint!).Unmap();
            if (BlockedNetwork.Contains(session.Settings.BlockList, caller.Address))
                return null;
            pending = _pending.Add(caller, socket);
            received = await HandshakeExchange.AcceptAsync(
                socket, hash => find(hash)?.Features, session.PeerId, cancellation);
        }
        catch (Exception error)
            when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer closed the connection, the handshake timed out, or the connection made room for another.
        }

        return pending is not null && _pending.Remove(pending) ? received : null;
    }
}
