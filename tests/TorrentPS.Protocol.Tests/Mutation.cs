using System.Text;

namespace TorrentPS.Protocol.Tests;

/// <summary>Breaks data the way networks, disks and attackers do; the same seed breaks it the same way.</summary>
internal static class Mutation
{
    private static readonly byte[][] s_lengths =
        ["0"u8.ToArray(), "-1"u8.ToArray(), "99"u8.ToArray(), "65536"u8.ToArray(), "2147483648"u8.ToArray(), "99999999999999999999"u8.ToArray()];

    public static byte[] Of(byte[] data, int seed)
    {
        var random = new Random(seed);
        var bytes = new List<byte>(data);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, (byte)"0123456789:idle-"[random.Next(16)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 20)));
                    break;
                default:
                    if (at < bytes.Count && char.IsAsciiDigit((char)bytes[at]))
                        bytes[at] = (byte)('0' + random.Next(10));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>
    /// Breaks it in one of more ways: bits flipped, an end cut off, the end of another packet put on, a length that lies, a string of another length
    /// that does not; or as above.
    /// </summary>
    /// <param name="data">What to break.</param>
    /// <param name="other">Another packet.</param>
    /// <param name="seed">Chooses how.</param>
    public static byte[] Of(byte[] data, byte[] other, int seed)
    {
        var random = new Random(seed);
        byte[] bytes = [.. data];
        switch (random.Next(6))
        {
            case 0:
                for (int i = random.Next(1, 9); i > 0; i--)
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                return bytes[..random.Next(bytes.Length)];
            case 2:
                return [.. bytes.AsSpan(0, random.Next(bytes.Length)), .. other.AsSpan(random.Next(other.Length))];
            case 3:
                int digit = Array.FindIndex(bytes, random.Next(bytes.Length), one => char.IsAsciiDigit((char)one));
                return digit < 0 ? bytes : [.. bytes.AsSpan(0, digit), .. s_lengths[random.Next(s_lengths.Length)], .. bytes.AsSpan(digit + 1)];
            case 4:
                return Resized(bytes, random);
            default:
                return Of(data, seed);
        }
    }

    /// <summary>Gives one of its bencoded strings another length and content to fit; the whole stays well-formed.</summary>
    private static byte[] Resized(byte[] bytes, Random random)
    {
        for (int tries = 0; tries < 20; tries++)
        {
            int colon = Array.IndexOf(bytes, (byte)':', random.Next(bytes.Length));
            int start = colon;
            while (start > 0 && char.IsAsciiDigit((char)bytes[start - 1]))
                start--;
            if (colon < 0 || !int.TryParse(bytes.AsSpan(start, colon - start), out int length) || length >= bytes.Length - colon)
                continue;
            byte[] content = new byte[random.Next(3) == 0 ? random.Next(400) : Math.Max(0, length + random.Next(-3, 4))];
            random.NextBytes(content);
            return [.. bytes.AsSpan(0, start), .. Encoding.ASCII.GetBytes($"{content.Length}:"), .. content, .. bytes.AsSpan(colon + 1 + length)];
        }

        return bytes;
    }
}
