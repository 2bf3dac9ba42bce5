using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Calls the addresses of one torrent's peers and greets who answers.</summary>
/// <param name="torrent">The hash that handshakes name.</param>
/// <param name="session">What all torrents share.</param>
/// <param name="owner">Gets what comes of it.</param>
/// <param name="tasks">Counts the calls.</param>
/// <param name="cancellation">Ends them.</param>
internal sealed class PeerConnector(
    InfoHash torrent, SessionResources session, IConnectionOwner owner, WaitGroup tasks, CancellationToken cancellation)
{
    /// <summary>Begins to connect, when the session has a place for it; ends in the owner's taking it or hearing that it failed.</summary>
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
            Handshake? heard = await HandshakeExchange.InitiateAsync(socket, torrent, session.PeerId, owner.Features, cancellation);
            isSelf = heard?.PeerId == session.PeerId;
            if (heard is { } handshake && !isSelf)
            {
                owner.Take(socket, handshake, incoming: false);
                connected = true;
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The address did not answer; the loop decides whether it is tried again.
        }

        session.Connections.EndHalfOpen();
        if (connected)
            return;
        socket?.Dispose();
        session.Connections.Release();
        owner.DialFailed(endPoint, isSelf);
    }
}
