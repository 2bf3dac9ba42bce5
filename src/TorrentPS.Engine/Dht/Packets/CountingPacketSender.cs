using System.Net;

namespace TorrentPS.Engine.Dht.Packets;

/// <summary>Sends packets through another sender and counts the packets and their bytes.</summary>
internal sealed class CountingPacketSender(IPacketSender output)
{
    /// <summary>
    /// This client's value of the key <c>v</c> (BEP 5): <c>TP</c>, as in its peer id, then the version number in two
    /// bytes.
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
