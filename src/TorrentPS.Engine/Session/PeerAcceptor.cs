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
    /// <summary>
    /// Takes ownership of an incoming connection, exchanges handshakes, and passes the connection to its torrent.
    /// Closes the connection if the handshake fails, the session doesn't have the torrent, or the session's connection
    /// limit is reached.
    /// </summary>
    public async Task AcceptAsync(Socket socket)
    {
        bool taken = false;
        if (session.Connections.TryAccept())
        {
            try
            {
                Handshake? received = await HandshakeExchange.AcceptAsync(
                    socket, hash => find(hash)?.Features, session.PeerId, cancellation);
                if (received is { } handshake && find(handshake.InfoHash) is { } torrent)
                {
                    torrent.Take(socket, handshake, incoming: true);
                    taken = true;
                }
            }
            catch (Exception error)
                when (error is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The peer closed the connection, or the handshake timed out.
            }

            if (!taken)
                session.Connections.Release();
        }

        if (!taken)
            socket.Dispose();
    }
}
