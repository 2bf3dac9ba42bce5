namespace TorrentPS.Protocol.Tests;

/// <summary>Breaks data the way networks, disks and attackers do; the same seed breaks it the same way.</summary>
internal static class Mutation
{
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
}
