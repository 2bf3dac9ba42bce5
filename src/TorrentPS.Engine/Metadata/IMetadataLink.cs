using System.Net;
using TorrentPS.Engine.Peers;

namespace TorrentPS.Engine.Metadata;

/// <summary>What the search for metadata asks of a connected peer. Everything returns at once.</summary>
internal interface IMetadataLink
{
    /// <summary>Where the peer is.</summary>
    IPEndPoint EndPoint { get; }

    /// <summary>Sends an extended message (BEP 10).</summary>
    void Send(byte extendedId, ReadOnlySpan<byte> payload);

    /// <summary>Tells where our DHT node is (BEP 5).</summary>
    void Send(ushort dhtPort);

    /// <summary>Sends a keep-alive.</summary>
    void KeepAlive();

    /// <summary>What was heard last has been handled: the pump may go on.</summary>
    void Handled();

    /// <summary>Ends the connection; it is told as closed once its pump has ended.</summary>
    void Close(DisconnectReason reason);
}
