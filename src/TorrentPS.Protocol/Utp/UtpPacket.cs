namespace TorrentPS.Protocol.Utp;

/// <summary>A uTP packet (BEP 29), parsed in place.</summary>
public readonly ref struct UtpPacket
{
    /// <summary>
    /// Maximum length in bytes of a selective acknowledgement: the largest multiple of four that its length byte can
    /// state.
    /// </summary>
    public const int MaxSelectiveAckLength = 252;

    private const byte NoExtension = 0;
    private const byte SelectiveAckExtension = 1;

    /// <summary>
    /// Length in bytes of the two fields before an extension's content: the type of the next extension, and the
    /// content's length.
    /// </summary>
    private const int ExtensionHeaderLength = 2;

    private UtpPacket(UtpHeader header, ReadOnlySpan<byte> selectiveAck, ReadOnlySpan<byte> payload)
    {
        Header = header;
        SelectiveAck = selectiveAck;
        Payload = payload;
    }

    /// <summary>The fixed part of the header.</summary>
    public UtpHeader Header { get; }

    /// <summary>
    /// The bits of the selective acknowledgement; empty if the packet has none. The lowest bit of the first byte
    /// stands for the packet whose sequence number is the acknowledgement number plus 2.
    /// </summary>
    public ReadOnlySpan<byte> SelectiveAck { get; }

    /// <summary>The payload; empty if the packet has none.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Parses a packet. Unknown extensions are skipped.</summary>
    /// <returns>
    /// False if the packet is shorter than its header and extensions, has another version or an unknown type, or has a
    /// selective acknowledgement whose length is not a positive multiple of four.
    /// </returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out UtpPacket packet)
    {
        packet = default;
        if (source.Length < UtpHeader.Length || !UtpHeader.IsFirstByte(source[0]))
            return false;
        ReadOnlySpan<byte> selectiveAck = [];
        ReadOnlySpan<byte> rest = source[UtpHeader.Length..];
        byte extension = source[1];
        while (extension != NoExtension)
        {
            if (rest.Length < ExtensionHeaderLength || rest.Length < ExtensionHeaderLength + rest[1])
                return false;
            ReadOnlySpan<byte> content = rest.Slice(ExtensionHeaderLength, rest[1]);
            if (extension == SelectiveAckExtension)
            {
                if (content.IsEmpty || content.Length % 4 != 0)
                    return false;
                selectiveAck = content;
            }

            extension = rest[0];
            rest = rest[(ExtensionHeaderLength + content.Length)..];
        }

        packet = new UtpPacket(UtpHeader.Read(source), selectiveAck, rest);
        return true;
    }

    /// <summary>Writes a header without extensions.</summary>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="ArgumentException">The buffer is too short.</exception>
    public static int WriteHeader(Span<byte> destination, in UtpHeader header)
    {
        header.Write(destination, NoExtension);
        return UtpHeader.Length;
    }

    /// <summary>Writes a header with a selective acknowledgement.</summary>
    /// <param name="destination">The buffer.</param>
    /// <param name="header">The fixed part of the header.</param>
    /// <param name="selectiveAck">The bits of <see cref="SelectiveAck"/>, a positive multiple of four bytes.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="ArgumentException">
    /// The buffer is too short, or the selective acknowledgement has a length that is not allowed.
    /// </exception>
    public static int WriteHeader(Span<byte> destination, in UtpHeader header, ReadOnlySpan<byte> selectiveAck)
    {
        if (selectiveAck.Length is 0 or > MaxSelectiveAckLength || selectiveAck.Length % 4 != 0)
            throw new ArgumentException("The length must be a positive multiple of four.", nameof(selectiveAck));
        int length = UtpHeader.Length + ExtensionHeaderLength + selectiveAck.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, length, nameof(destination));
        header.Write(destination, SelectiveAckExtension);
        Span<byte> rest = destination[UtpHeader.Length..];
        rest[1] = (byte)selectiveAck.Length;
        rest[0] = NoExtension;
        selectiveAck.CopyTo(rest[ExtensionHeaderLength..]);
        return length;
    }
}
