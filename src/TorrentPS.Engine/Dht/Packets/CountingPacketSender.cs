using System.Net;

namespace TorrentPS.Engine.Dht.Packets;

/// <summary>Counts what is sent and says who sends.</summary>
internal sealed class CountingPacketSender(IPacketSender output)
{
    /// <summary>How we name ourselves in packets: the client's two letters as in the peer id, and the version (BEP 5, key <c>v</c>).</summary>
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
