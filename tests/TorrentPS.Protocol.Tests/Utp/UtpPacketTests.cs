using TorrentPS.Protocol.Utp;

namespace TorrentPS.Protocol.Tests.Utp;

public sealed class UtpPacketTests
{
    private const int FuzzedPackets = 200_000;

    private static readonly UtpHeader s_header =
        new(UtpPacketType.Data, 0x1234, 0x01020304, 0x05060708, 0x00100000, 0xFFFE, 0x0001);

    [Fact]
    public void A_header_has_the_layout_of_BEP_29()
    {
        byte[] bytes = new byte[UtpHeader.Length];
        Assert.Equal(UtpHeader.Length, UtpPacket.WriteHeader(bytes, s_header));
        Assert.Equal("0100123401020304050607080010" + "0000FFFE0001", Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData(UtpPacketType.Data, 0)]
    [InlineData(UtpPacketType.Data, 1400)]
    [InlineData(UtpPacketType.Fin, 0)]
    [InlineData(UtpPacketType.State, 0)]
    [InlineData(UtpPacketType.Reset, 0)]
    [InlineData(UtpPacketType.Syn, 0)]
    public void A_written_packet_is_read_back(UtpPacketType type, int payload)
    {
        byte[] bytes = new byte[UtpHeader.Length + payload];
        new Random(payload).NextBytes(bytes);
        UtpPacket.WriteHeader(bytes, s_header with { Type = type });
        Assert.True(UtpPacket.TryParse(bytes, out UtpPacket packet));
        Assert.Equal(s_header with { Type = type }, packet.Header);
        Assert.True(packet.SelectiveAck.IsEmpty);
        Assert.Equal(bytes[UtpHeader.Length..], packet.Payload.ToArray());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(UtpPacket.MaxSelectiveAckLength)]
    public void A_selective_acknowledgement_is_read_back(int length)
    {
        byte[] acked = new byte[length];
        new Random(length).NextBytes(acked);
        byte[] bytes = new byte[UtpHeader.Length + 2 + length + 3];
        Assert.Equal(bytes.Length - 3, UtpPacket.WriteHeader(bytes, s_header, acked));
        Assert.True(UtpPacket.TryParse(bytes, out UtpPacket packet));
        Assert.Equal(acked, packet.SelectiveAck.ToArray());
        Assert.Equal(3, packet.Payload.Length);
    }

    [Fact]
    public void Unknown_extensions_are_skipped()
    {
        byte[] bytes = [.. Packet(extension: 9), 1, 3, 7, 7, 7, 0, 4, 1, 2, 3, 4, .. "payload"u8];
        Assert.True(UtpPacket.TryParse(bytes, out UtpPacket packet));
        Assert.Equal([1, 2, 3, 4], packet.SelectiveAck.ToArray());
        Assert.Equal("payload"u8, packet.Payload);
    }

    [Fact]
    public void Truncated_and_malformed_packets_are_refused()
    {
        Refused(Packet()[..^1]);
        Refused([]);
        Refused(Packet(first: 0x02));
        Refused(Packet(first: 0x51));
        Refused(Packet(extension: 1));
        Refused([.. Packet(extension: 1), 0, 4, 1, 2, 3]);
        Refused([.. Packet(extension: 1), 0, 0]);
        Refused([.. Packet(extension: 1), 0, 5, 1, 2, 3, 4, 5]);
        Refused([.. Packet(extension: 2), 2, 0, 2, 0]);
    }

    [Fact]
    public void A_selective_acknowledgement_of_another_length_cannot_be_written()
    {
        byte[] bytes = new byte[1000];
        Assert.Throws<ArgumentException>(() => UtpPacket.WriteHeader(bytes, s_header, []));
        Assert.Throws<ArgumentException>(() => UtpPacket.WriteHeader(bytes, s_header, new byte[6]));
        Assert.Throws<ArgumentException>(() => UtpPacket.WriteHeader(bytes, s_header, new byte[256]));
        Assert.ThrowsAny<ArgumentException>(() => UtpPacket.WriteHeader(new byte[25], s_header, new byte[4]));
        Assert.ThrowsAny<ArgumentException>(() => UtpPacket.WriteHeader(new byte[19], s_header));
    }

    /// <summary>The first byte decides whether the DHT or uTP receives a packet of a shared socket.</summary>
    [Fact]
    public void Packets_of_the_DHT_are_not_taken_for_uTP()
    {
        Assert.False(UtpHeader.IsFirstByte((byte)'d'));
        Assert.All(
            Enum.GetValues<UtpPacketType>(), type => Assert.True(UtpHeader.IsFirstByte((byte)(((int)type << 4) | 1))));
    }

    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 1, -1)]
    [InlineData(0xFFFF, 0, 1)]
    [InlineData(0, 0xFFFF, -1)]
    [InlineData(0xFFF0, 0x0010, 32)]
    [InlineData(5, 5, 0)]
    public void Sequence_numbers_wrap(int from, int to, int distance)
    {
        Assert.Equal(distance, UtpSequence.Distance((ushort)from, (ushort)to));
        Assert.Equal(distance > 0, UtpSequence.IsBefore((ushort)from, (ushort)to));
    }

    [Fact]
    public void Mutated_packets_are_refused_or_read_within_their_bounds()
    {
        byte[] plain = [.. Packet(), .. new byte[100]];
        byte[] sack = [.. Packet(extension: 1), 2, 4, 1, 2, 3, 4, 0, 3, 1, 2, 3, .. new byte[50]];
        int read = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] buffer = new byte[200];
        var random = new Random(29);
        for (int i = 0; i < FuzzedPackets; i++)
        {
            byte[] source = random.Next(2) == 0 ? plain : sack;
            source.CopyTo(buffer, 0);
            for (int flips = random.Next(4); flips >= 0; flips--)
                buffer[random.Next(UtpHeader.Length + 12)] = (byte)random.Next(256);
            Span<byte> bytes = buffer.AsSpan(0, random.Next(source.Length + 1));
            if (!UtpPacket.TryParse(bytes, out UtpPacket packet))
                continue;
            read++;
            if (packet.Payload.Length + packet.SelectiveAck.Length > bytes.Length - UtpHeader.Length)
                Assert.Fail($"packet {i} is read beyond its end: {Convert.ToHexString(bytes)}");
        }

        Assert.InRange(read, FuzzedPackets / 100, FuzzedPackets * 99 / 100);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);
    }

    private static byte[] Packet(byte first = 0x01, byte extension = 0)
    {
        byte[] bytes = new byte[UtpHeader.Length];
        UtpPacket.WriteHeader(bytes, s_header);
        bytes[0] = first;
        bytes[1] = extension;
        return bytes;
    }

    private static void Refused(byte[] bytes) =>
        Assert.False(UtpPacket.TryParse(bytes, out _), Convert.ToHexString(bytes));
}
