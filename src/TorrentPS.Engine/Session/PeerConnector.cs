using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Makes peers of addresses and sockets, and tells one torrent's loop of them.</summary>
internal sealed class PeerConnector(
    InfoHash torrent, PeerFeatures features, SessionResources session, PeerContext context, Func<SwarmEvent, bool> post)
{
    /// <summary>Connects and greets; the place that <see cref="ConnectionBudget.TryBegin"/> gave is given back when it comes to nothing.</summary>
    public async Task DialAsync(IPEndPoint endPoint, CancellationToken cancellation)
    {
        Socket? socket = null;
        bool connected = false, isSelf = false;
        try
        {
            socket = await Dialer.ConnectAsync(endPoint, session.Settings.BindAddress, cancellation);
            Handshake? heard = await HandshakeExchange.InitiateAsync(socket, torrent, session.PeerId, features, cancellation);
            isSelf = heard?.PeerId == session.PeerId;
            if (heard is { } handshake && !isSelf)
            {
                Connect(socket, handshake, incoming: false);
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
        post(new DialFailed(endPoint, isSelf));
    }

    /// <summary>Hands a connection over, its handshake heard and answered; it is closed when the loop has ended.</summary>
    public void Connect(Socket socket, Handshake handshake, bool incoming)
    {
        PeerConnected connected = Wrap(socket, handshake, incoming, default);
        if (post(connected))
            return;
        connected.Link.Close(DisconnectReason.Stopping);
        connected.Start();
    }

    /// <summary>Makes a peer of a connection, to be told to the loop.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="handshake">What the peer said first.</param>
    /// <param name="incoming">Whether the peer began it.</param>
    /// <param name="heard">What it said since and nobody has handled.</param>
    public PeerConnected Wrap(Socket socket, Handshake handshake, bool incoming, ReadOnlySpan<byte> heard)
    {
        socket.NoDelay = true;
        SendBacklog.Bound(socket);
        var connection = new PeerConnection(socket, context, heard);
        return new PeerConnected(connection, handshake, incoming, connection.Start);
    }
}
