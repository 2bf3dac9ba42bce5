using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// Searches sets of pieces, 64 pieces at a time. The sets are bitfields in the format of BEP 3, in which the first
/// piece is the high bit of the first byte.
/// </summary>
internal static class PieceScan
{
    /// <summary>Returns whether two sets have a piece in common. Both sets must be of the same torrent.</summary>
    public static bool Intersect(Bitfield left, Bitfield right)
    {
        ReadOnlySpan<byte> a = left.Bytes;
        ReadOnlySpan<byte> b = right.Bytes;
        ReadOnlySpan<ulong> wideA = MemoryMarshal.Cast<byte, ulong>(a);
        ReadOnlySpan<ulong> wideB = MemoryMarshal.Cast<byte, ulong>(b)[..wideA.Length];
        for (int i = 0; i < wideA.Length; i++)
        {
            if ((wideA[i] & wideB[i]) != 0)
                return true;
        }

        for (int i = wideA.Length * sizeof(ulong); i < a.Length; i++)
        {
            if ((a[i] & b[i]) != 0)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Returns the first piece at or after <paramref name="from"/> that is in both sets; −1 if there is none.
    /// </summary>
    public static int NextCommon(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int from)
    {
        int start = from >> 6;
        ulong mask = ulong.MaxValue >> (from & 63);
        int words = (left.Length + 7) >> 3;
        for (int word = start; word < words; word++)
        {
            ulong common = Word(left, word) & Word(right, word) & mask;
            if (common != 0)
                return (word << 6) + BitOperations.LeadingZeroCount(common);
            mask = ulong.MaxValue;
        }

        return -1;
    }

    /// <summary>
    /// Returns the longest run of consecutive pieces that are in both sets. If several runs are equally long, returns
    /// the first one.
    /// </summary>
    /// <returns>The first piece and the length of the run; −1 and 0 if the sets have no piece in common.</returns>
    public static (int First, int Length) LongestCommonRun(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        (int First, int Length) longest = (-1, 0);
        int words = (left.Length + 7) >> 3;
        int length = 0;
        for (int word = 0; word < words; word++)
        {
            ulong common = Word(left, word) & Word(right, word);

            // Looks at one run after another. A run that reaches the end of the word continues in the next.
            for (int at = 0; at < 64;)
            {
                int run = BitOperations.LeadingZeroCount(~(common << at));
                run = Math.Min(run, 64 - at);
                length += run;
                at += run;
                if (length > longest.Length)
                    longest = ((word << 6) + at - length, length);
                if (at == 64)
                    break;
                length = 0;
                at += Math.Min(BitOperations.LeadingZeroCount(common << at), 64 - at);
            }
        }

        return longest;
    }

    /// <summary>
    /// Returns 64 consecutive pieces of a set as the bits of a number, the first piece in the high bit. Bits past the
    /// end of the set are zero.
    /// </summary>
    /// <param name="bytes">The set of pieces.</param>
    /// <param name="word">Which pieces to return: 0 for pieces 0 to 63, 1 for pieces 64 to 127, and so on.</param>
    public static ulong Word(ReadOnlySpan<byte> bytes, int word)
    {
        ReadOnlySpan<byte> rest = bytes[(word << 3)..];
        if (rest.Length >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64BigEndian(rest);
        ulong value = 0;
        for (int i = 0; i < rest.Length; i++)
            value |= (ulong)rest[i] << (56 - (8 * i));
        return value;
    }
}
