using System.Buffers.Binary;

namespace TorrentPS.Protocol.Utp;

/// <summary>The fixed part of a uTP packet's header (BEP 29, "header format").</summary>
/// <param name="Type">The packet's type.</param>
/// <param name="ConnectionId">The connection id that the packet's receiver expects.</param>
/// <param name="Timestamp">The time at which the packet was sent, in microseconds of the sender's clock.</param>
/// <param name="TimestampDifference">
/// The one-way delay of the packet that the sender received last: its time of arrival minus its timestamp, in
/// microseconds. The delay includes the difference of the two clocks.
/// </param>
/// <param name="WindowSize">Number of bytes that the sender can still receive.</param>
/// <param name="SequenceNumber">The packet's sequence number.</param>
/// <param name="AcknowledgementNumber">
/// The sequence number up to which the sender has received all packets.
/// </param>
public readonly record struct UtpHeader(
    UtpPacketType Type,
    ushort ConnectionId,
    uint Timestamp,
    uint TimestampDifference,
    uint WindowSize,
    ushort SequenceNumber,
    ushort AcknowledgementNumber)
{
    /// <summary>Length in bytes of a header without extensions.</summary>
    public const int Length = 20;

    /// <summary>The version of the protocol that BEP 29 describes.</summary>
    private const int Version = 1;

    /// <summary>
    /// Returns whether a UDP packet with this first byte can be a uTP packet. A DHT message starts with another byte
    /// (<c>d</c>), so uTP can share a socket with the DHT.
    /// </summary>
    public static bool IsFirstByte(byte first) => (first & 0x0F) == Version && first >> 4 <= (int)UtpPacketType.Syn;

    /// <summary>Writes the header to the start of <paramref name="destination"/>.</summary>
    /// <param name="destination">The buffer.</param>
    /// <param name="extension">The type of the first extension; 0 if there is none.</param>
    /// <exception cref="ArgumentException">The buffer is shorter than <see cref="Length"/>.</exception>
    internal void Write(Span<byte> destination, byte extension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Length, nameof(destination));
        destination[0] = (byte)(((int)Type << 4) | Version);
        destination[1] = extension;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], ConnectionId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], TimestampDifference);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], WindowSize);
        BinaryPrimitives.WriteUInt16BigEndian(destination[16..], SequenceNumber);
        BinaryPrimitives.WriteUInt16BigEndian(destination[18..], AcknowledgementNumber);
    }

    /// <summary>Reads a header from at least <see cref="Length"/> bytes with a valid first byte.</summary>
    internal static UtpHeader Read(ReadOnlySpan<byte> source) => new(
        (UtpPacketType)(source[0] >> 4),
        BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[12..]),
        BinaryPrimitives.ReadUInt16BigEndian(source[16..]),
        BinaryPrimitives.ReadUInt16BigEndian(source[18..]));
}
