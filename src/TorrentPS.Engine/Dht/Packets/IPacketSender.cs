using System.Net;

namespace TorrentPS.Engine.Dht.Packets;

/// <summary>Sends the UDP packets of a DHT node.</summary>
internal interface IPacketSender
{
    /// <summary>
    /// Sends a packet without blocking. A packet that cannot be sent is lost without an error. The implementation must
    /// not call into the node.
    /// </summary>
    /// <param name="packet">The packet's bytes; valid only during the call.</param>
    /// <param name="to">The destination.</param>
    void Send(ReadOnlySpan<byte> packet, IPEndPoint to);
}
