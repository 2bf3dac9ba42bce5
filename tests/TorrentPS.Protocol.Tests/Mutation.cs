using System.Text;

namespace TorrentPS.Protocol.Tests;

/// <summary>Mutates data. The same seed gives the same mutation.</summary>
internal static class Mutation
{
    private static readonly byte[][] s_lengths =
        ["0"u8.ToArray(), "-1"u8.ToArray(), "99"u8.ToArray(), "65536"u8.ToArray(), "2147483648"u8.ToArray(),
            "99999999999999999999"u8.ToArray()];

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
    /// Mutates data in one of these ways: flipped bits, a cut end, the end of another packet, a wrong length, a string
    /// with another length and matching content, or a mutation of the other overload.
    /// </summary>
    /// <param name="data">Data to mutate; it is not changed.</param>
    /// <param name="other">Packet whose end may be appended.</param>
    /// <param name="seed">Seed that selects the mutations.</param>
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
                return digit < 0 ? bytes : [.. bytes.AsSpan(0, digit), .. s_lengths[random.Next(s_lengths.Length)],
                    .. bytes.AsSpan(digit + 1)];
            case 4:
                return Resized(bytes, random);
            default:
                return Of(data, seed);
        }
    }

    /// <summary>Replaces a bencoded string by one of another length. The data stays well-formed.</summary>
    private static byte[] Resized(byte[] bytes, Random random)
    {
        for (int tries = 0; tries < 20; tries++)
        {
            int colon = Array.IndexOf(bytes, (byte)':', random.Next(bytes.Length));
            int start = colon;
            while (start > 0 && char.IsAsciiDigit((char)bytes[start - 1]))
                start--;
            if (colon < 0 || !int.TryParse(bytes.AsSpan(start, colon - start), out int length)
                || length >= bytes.Length - colon)
                continue;
            byte[] content =
                new byte[random.Next(3) == 0 ? random.Next(400) : Math.Max(0, length + random.Next(-3, 4))];
            random.NextBytes(content);
            return [.. bytes.AsSpan(0, start), .. Encoding.ASCII.GetBytes($"{content.Length}:"), .. content,
                .. bytes.AsSpan(colon + 1 + length)];
        }

        return bytes;
    }
}
