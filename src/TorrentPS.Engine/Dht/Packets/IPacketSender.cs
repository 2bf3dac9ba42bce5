using System.Net;

namespace TorrentPS.Engine.Dht.Packets;

internal interface IPacketSender
{
    /// <summary>
    /// Sends a packet without blocking. A packet that cannot be sent is dropped without an error. The implementation
    /// must not call methods of the node.
    /// </summary>
    void Send(ReadOnlySpan<byte> packet, IPEndPoint to);
}
