using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>A torrent as the code that opens connections sees it. No member blocks.</summary>
internal interface IConnectionOwner
{
    /// <summary>The features announced in handshakes of this torrent.</summary>
    PeerFeatures Features { get; }

    /// <summary>
    /// Takes ownership of a connection after both handshakes, and of its place among the session's connections.
    /// </summary>
    /// <param name="socket">The connection.</param>
    /// <param name="handshake">The peer's handshake.</param>
    /// <param name="incoming">Whether the peer opened the connection.</param>
    void Take(Socket socket, Handshake handshake, bool incoming);

    /// <summary>Handles a failed dial: no connection, or no handshake of this torrent.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="isSelf">Whether this client itself answered.</param>
    void DialFailed(IPEndPoint endPoint, bool isSelf);
}
