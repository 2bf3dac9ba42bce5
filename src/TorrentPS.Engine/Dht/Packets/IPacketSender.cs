using System.Net;

namespace TorrentPS.Engine.Dht.Packets;

/// <summary>Takes the packets that a <see cref="DhtNode"/> sends.</summary>
internal interface IPacketSender
{
    /// <summary>Sends a packet or loses it; must not call back into the node.</summary>
    /// <param name="packet">Valid only during the call.</param>
    /// <param name="to">Where to.</param>
    void Send(ReadOnlySpan<byte> packet, IPEndPoint to);
}
