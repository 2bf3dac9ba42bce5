using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Receives the peer connections of one torrent from <see cref="PeerConnector"/> and <see cref="PeerAcceptor"/>. No
/// member may block.
/// </summary>
internal interface IConnectionOwner
{
    PeerFeatures Features { get; }

    /// <summary>
    /// Takes ownership of a connection on which both handshakes were exchanged. The implementation calls
    /// <see cref="ConnectionBudget.Release"/> when the connection is closed.
    /// </summary>
    /// <param name="socket">The TCP connection.</param>
    /// <param name="handshake">The handshake that the peer sent.</param>
    /// <param name="incoming">Whether the peer opened the connection.</param>
    void Take(Socket socket, Handshake handshake, bool incoming);

    /// <summary>
    /// Called when a dial failed: no connection was established, the peer sent no handshake for this torrent, or this
    /// client dialed itself.
    /// </summary>
    /// <param name="endPoint">The dialed address.</param>
    /// <param name="isSelf">Whether the received handshake had this client's own peer id.</param>
    void DialFailed(IPEndPoint endPoint, bool isSelf);
}
