namespace TorrentPS.Protocol.Primitives;

/// <summary>RFC 4648 base32 without padding, upper or lower case: the older spelling of info hashes in magnet links.</summary>
internal static class Base32
{
    /// <summary>Decodes when the text fills the destination exactly.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        if (text.Length * 5 != destination.Length * 8)
            return false;
        int bits = 0, held = 0, written = 0;
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
            held += 5;
            if (held < 8)
                continue;
            held -= 8;
            destination[written++] = (byte)(bits >> held);
        }

        return true;
    }
}
