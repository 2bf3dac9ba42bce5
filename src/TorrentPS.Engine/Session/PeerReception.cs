using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Greets who calls us, and leads each to the torrent that it asks for.</summary>
/// <param name="session">What all torrents share.</param>
/// <param name="find">Whom connections of a torrent are for; null when it is not here.</param>
/// <param name="cancellation">Ends what is under way.</param>
internal sealed class PeerReception(SessionResources session, Func<InfoHash, IConnectionOwner?> find, CancellationToken cancellation)
{
    /// <summary>Hears and answers the handshake of a connection, and owns it from here on.</summary>
    public async Task GreetAsync(Socket socket)
    {
        bool taken = false;
        if (session.Connections.TryAccept())
        {
            try
            {
                Handshake? heard = await HandshakeExchange.AcceptAsync(socket, hash => find(hash)?.Features, session.PeerId, cancellation);
                if (heard is { } handshake && find(handshake.InfoHash) is { } torrent)
                {
                    torrent.Take(socket, handshake, incoming: true);
                    taken = true;
                }
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // Whoever it was has gone.
            }

            if (!taken)
                session.Connections.Release();
        }

        if (!taken)
            socket.Dispose();
    }
}
