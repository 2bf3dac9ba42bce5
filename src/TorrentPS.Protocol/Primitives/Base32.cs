namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// Decodes base32 (RFC 4648) without padding, in upper or lower case. Older magnet links give the info hash in base32
/// (BEP 9).
/// </summary>
internal static class Base32
{
    /// <summary>
    /// Decodes <paramref name="text"/> into <paramref name="destination"/>. Returns false if the text has a character
    /// outside the base32 alphabet, or if it does not decode to exactly the length of <paramref name="destination"/>.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        if (text.Length * 5 != destination.Length * 8)
            return false;
        int bits = 0, bitCount = 0, written = 0;
        foreach (char c in text)
        {
            int value = c switch
            {
                >= 'A' and <= 'Z' => c - 'A',
                >= 'a' and <= 'z' => c - 'a',
                >= '2' and <= '7' => c - '2' + 26,
                _ => -1,
            };
            if (value < 0)
                return false;
            bits = ((bits & 0x7f) << 5) | value;
            bitCount += 5;
            if (bitCount < 8)
                continue;
            bitCount -= 8;
            destination[written++] = (byte)(bits >> bitCount);
        }

        return true;
    }
}
