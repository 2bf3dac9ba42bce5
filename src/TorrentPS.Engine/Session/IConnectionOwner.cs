using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Whom connections are made for. Nothing here blocks.</summary>
internal interface IConnectionOwner
{
    /// <summary>What handshakes of this torrent say that we can do.</summary>
    PeerFeatures Features { get; }

    /// <summary>Takes a connection, its handshake heard and answered, with the place of the session's that it holds.</summary>
    /// <param name="socket">The connection, owned from here on.</param>
    /// <param name="handshake">What the peer said first.</param>
    /// <param name="incoming">Whether the peer began it.</param>
    void Take(Socket socket, Handshake handshake, bool incoming);

    /// <summary>An address did not answer, or not as a peer of this torrent; its place is given back.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="isSelf">Whether we ourselves answered.</param>
    void DialFailed(IPEndPoint endPoint, bool isSelf);
}
