using System.Net;

namespace TorrentPS.Engine.Dht.Packets;

/// <summary>Sends the UDP packets of a DHT node.</summary>
internal interface IPacketSender
{
    /// <summary>
    /// Sends a packet, without waiting for it. The packet may be lost. Must not call back into the node.
    /// </summary>
    /// <param name="packet">The packet; valid only during the call.</param>
    /// <param name="to">The destination.</param>
    void Send(ReadOnlySpan<byte> packet, IPEndPoint to);
}
