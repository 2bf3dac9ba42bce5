using System.Numerics;
using System.Runtime.InteropServices;

namespace TorrentPS.Protocol.AddressFilter;

/// <summary>
/// Ranges of numbers in ascending order that neither overlap nor are adjacent. A range includes both of its ends.
/// </summary>
/// <remarks>
/// The first number of one in <see cref="SampleStep"/> ranges is a sample. A search finds the sample before the number,
/// and then searches the ranges up to the next sample. A plain binary search in a million ranges causes twice as many
/// cache misses.
/// </remarks>
/// <typeparam name="T">The type of the numbers.</typeparam>
internal sealed class SortedRanges<T>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    /// <summary>
    /// Number of ranges per sample. With 32, the samples of a million IPv4 ranges take 125 KB, which fits into the
    /// processor's second-level cache.
    /// </summary>
    private const int SampleStep = 32;

    private readonly T[] _samples;
    private readonly T[] _first;
    private readonly T[] _last;

    private SortedRanges(ReadOnlySpan<NumberRange<T>> ranges)
    {
        _first = new T[ranges.Length];
        _last = new T[ranges.Length];
        _samples = new T[(ranges.Length + SampleStep - 1) / SampleStep];
        for (int i = 0; i < ranges.Length; i++)
        {
            (_first[i], _last[i]) = (ranges[i].First, ranges[i].Last);
            if (i % SampleStep == 0)
                _samples[i / SampleStep] = ranges[i].First;
        }
    }

    public int Count => _first.Length;

    /// <summary>Sorts the ranges, and merges those that overlap or are adjacent. Changes the list.</summary>
    public static SortedRanges<T> Of(List<NumberRange<T>> ranges)
    {
        Span<NumberRange<T>> sorted = CollectionsMarshal.AsSpan(ranges);
        sorted.Sort();
        int count = 0;
        foreach (NumberRange<T> range in sorted)
        {
            if (count > 0 && Touches(sorted[count - 1], range))
                sorted[count - 1] = new(sorted[count - 1].First, T.Max(sorted[count - 1].Last, range.Last));
            else
                sorted[count++] = range;
        }

        return new SortedRanges<T>(sorted[..count]);
    }

    public bool Contains(T number)
    {
        int start = LastUpTo(_samples, number) * SampleStep;
        if (start < 0)
            return false;
        int length = Math.Min(SampleStep, _first.Length - start);
        return number <= _last[start + LastUpTo(_first.AsSpan(start, length), number)];
    }

    private static bool Touches(NumberRange<T> lower, NumberRange<T> upper) =>
        lower.Last == T.MaxValue || upper.First <= lower.Last + T.One;

    /// <summary>
    /// Returns the index of the last element that is not greater than a number; -1 if all elements are greater.
    /// </summary>
    private static int LastUpTo(ReadOnlySpan<T> ascending, T number)
    {
        int low = 0, length = ascending.Length;
        while (length > 0)
        {
            int half = length >> 1;
            bool isUpTo = ascending[low + half] <= number;
            low = isUpTo ? low + half + 1 : low;
            length = isUpTo ? length - half - 1 : half;
        }

        return low - 1;
    }
}

/// <param name="First">The lowest number.</param>
/// <param name="Last">The highest number, at least <paramref name="First"/>.</param>
internal readonly record struct NumberRange<T>(T First, T Last) : IComparable<NumberRange<T>>
    where T : unmanaged, IBinaryInteger<T>
{
    public int CompareTo(NumberRange<T> other) => First.CompareTo(other.First);
}
