using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Dials the peers of one torrent and exchanges handshakes.</summary>
/// <param name="torrent">The info hash in the handshakes.</param>
/// <param name="session">The session's shared resources.</param>
/// <param name="owner">Receives the connections and the failures.</param>
/// <param name="tasks">Counts the running dials, so that the torrent can wait for them when it ends.</param>
/// <param name="cancellation">Cancels the running dials.</param>
internal sealed class PeerConnector(
    InfoHash torrent, SessionResources session, IConnectionOwner owner, WaitGroup tasks, CancellationToken cancellation)
{
    /// <summary>
    /// Starts to dial an address. If this method returns true, exactly one call of <see cref="IConnectionOwner.Take"/>
    /// or <see cref="IConnectionOwner.DialFailed"/> follows.
    /// </summary>
    /// <returns>False if the session's limit of connections or of half-open connections is reached.</returns>
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
