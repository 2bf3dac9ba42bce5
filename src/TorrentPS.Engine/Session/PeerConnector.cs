using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Dials the peers of one torrent and exchanges handshakes.</summary>
/// <param name="torrent">The info hash that the handshakes name.</param>
/// <param name="session">The session's shared resources.</param>
/// <param name="owner">Receives the connections and failures.</param>
/// <param name="tasks">Counts the running dials.</param>
/// <param name="cancellation">Cancels the running dials.</param>
internal sealed class PeerConnector(
    InfoHash torrent, SessionResources session, IConnectionOwner owner, WaitGroup tasks, CancellationToken cancellation)
{
    /// <summary>
    /// Dials an address. <see cref="IConnectionOwner.Take"/> or <see cref="IConnectionOwner.DialFailed"/> follows.
    /// </summary>
    /// <returns>False when the session's connection limits allow no dial now.</returns>
    public bool TryDial(IPEndPoint endPoint)
    {
        if (!session.Connections.TryBegin())
            return false;
        tasks.Run(() => DialAsync(endPoint));
        return true;
    }

    private async Task DialAsync(IPEndPoint endPoint)
    {
        Socket? socket = null;
        bool connected = false, isSelf = false;
        try
        {
            socket = await Dialer.ConnectAsync(endPoint, session.Settings.BindAddress, cancellation);
            Handshake? received = await HandshakeExchange.InitiateAsync(
                socket, torrent, session.PeerId, owner.Features, cancellation);
            isSelf = received?.PeerId == session.PeerId;
            if (received is { } handshake && !isSelf)
            {
                owner.Take(socket, handshake, incoming: false);
                connected = true;
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The dial failed. The loop decides whether the address is dialed again.
        }

        session.Connections.EndHalfOpen();
        if (connected)
            return;
        socket?.Dispose();
        session.Connections.Release();
        owner.DialFailed(endPoint, isSelf);
    }
}
