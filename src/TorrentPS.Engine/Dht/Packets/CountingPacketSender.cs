using System.Net;

namespace TorrentPS.Engine.Dht.Packets;

internal sealed class CountingPacketSender(IPacketSender output)
{
    /// <summary>
    /// The value of the key <c>v</c> in this client's packets (BEP 5): <c>TP</c>, as in the peer id, and a version
    /// number of two bytes.
    /// </summary>
    public static ReadOnlySpan<byte> Version => "TP\0\x01"u8;

    public long BytesSent { get; private set; }

    public long MessagesSent { get; private set; }

    public void Send(ReadOnlySpan<byte> packet, IPEndPoint to)
    {
        BytesSent += packet.Length;
        MessagesSent++;
        output.Send(packet, to);
    }
}
