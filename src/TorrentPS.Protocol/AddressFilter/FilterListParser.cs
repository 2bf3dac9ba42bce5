using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.AddressFilter;

/// <summary>
/// Collects the address ranges of an IP filter list, line by line. The formats may be mixed in one list.
/// </summary>
/// <remarks>
/// A line has one of these forms:
/// <list type="bullet">
/// <item>an address or a network: <c>203.0.113.7</c>, <c>203.0.113.0/24</c>, <c>2001:db8::/32</c>,</item>
/// <item>a range: <c>203.0.113.0 - 203.0.113.255</c>,</item>
/// <item>eMule's <c>.dat</c>: <c>203.000.113.000 - 203.000.113.255 , 000 , a description</c>. The number is an access
/// level. A range is blocked if its level is below 128.</item>
/// <item>PeerGuardian's <c>.p2p</c>: <c>a description:203.0.113.0-203.0.113.255</c>.</item>
/// </list>
/// Empty lines and lines that begin with <c>#</c>, <c>;</c> or <c>//</c> are comments.
/// </remarks>
public sealed class FilterListParser
{
    /// <summary>Lowest access level that allows a range (eMule's <c>ipfilter.dat</c>).</summary>
    private const int FirstAllowedLevel = 128;

    private readonly List<NumberRange<uint>> _v4 = [];
    private readonly List<NumberRange<UInt128>> _v6 = [];

    /// <summary>Number of lines that contain a range, whether the range is blocked or allowed.</summary>
    public int Entries { get; private set; }

    /// <summary>Number of lines that are neither a range nor a comment.</summary>
    public int InvalidLines { get; private set; }

    /// <summary>Reads one line.</summary>
    /// <param name="line">The line in ASCII or UTF-8. A line end may be included.</param>
    public void Add(ReadOnlySpan<byte> line)
    {
        line = Trim(line);
        if (line.IsEmpty || line[0] is (byte)'#' or (byte)';' || line.StartsWith("//"u8))
            return;
        if (TryAddDescribed(line) || TryAddPlain(line))
            Entries++;
        else
            InvalidLines++;
    }

    /// <summary>Returns the set of all blocked ranges. The parser must not be used afterwards.</summary>
    public AddressRangeSet Build() => new(_v4, _v6);

    /// <summary>
    /// Reads a line of a <c>.p2p</c> list. The range follows the last colon, because the description may have colons
    /// too.
    /// </summary>
    private bool TryAddDescribed(ReadOnlySpan<byte> line)
    {
        int colon = line.LastIndexOf((byte)':');
        return colon >= 0 && line[colon..].Contains((byte)'-') && TryAddRange(line[(colon + 1)..], isBlocked: true);
    }

    private bool TryAddPlain(ReadOnlySpan<byte> line)
    {
        int comma = line.IndexOf((byte)',');
        return comma < 0
            ? TryAddRange(line, isBlocked: true)
            : TryAddRange(line[..comma], IsBlocked(line[(comma + 1)..]));
    }

    private static bool IsBlocked(ReadOnlySpan<byte> afterRange)
    {
        int comma = afterRange.IndexOf((byte)',');
        ReadOnlySpan<byte> level = Trim(comma < 0 ? afterRange : afterRange[..comma]);
        return !TryReadNumber(ref level, 999, out uint number) || !level.IsEmpty || number < FirstAllowedLevel;
    }

    private bool TryAddRange(ReadOnlySpan<byte> text, bool isBlocked)
    {
        if (!TryReadRange(Trim(text), out UInt128 first, out UInt128 last, out bool isIPv4) || first > last)
            return false;
        if (isBlocked && isIPv4)
            _v4.Add(new((uint)first, (uint)last));
        else if (isBlocked)
            _v6.Add(new(first, last));
        return true;
    }

    private static bool TryReadRange(
        ReadOnlySpan<byte> text, out UInt128 first, out UInt128 last, out bool isIPv4)
    {
        int dash = text.IndexOf((byte)'-');
        if (dash >= 0)
        {
            last = 0;
            return TryReadAddress(Trim(text[..dash]), out first, out isIPv4)
                && TryReadAddress(Trim(text[(dash + 1)..]), out last, out bool isLastIPv4)
                && isIPv4 == isLastIPv4;
        }

        int slash = text.IndexOf((byte)'/');
        bool isAddress = TryReadAddress(slash < 0 ? text : text[..slash], out first, out isIPv4);
        last = first;
        if (!isAddress || slash < 0)
            return isAddress;
        uint bits = isIPv4 ? 32u : 128u;
        ReadOnlySpan<byte> rest = text[(slash + 1)..];
        if (!TryReadNumber(ref rest, bits, out uint prefix) || !rest.IsEmpty)
            return false;
        UInt128 hostBits = prefix == 0 && !isIPv4 ? UInt128.MaxValue : (UInt128.One << (int)(bits - prefix)) - 1;
        first &= ~hostBits;
        last = first | hostBits;
        return true;
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> text, out UInt128 number, out bool isIPv4)
    {
        isIPv4 = TryReadIPv4(text, out uint v4);
        number = v4;
        if (isIPv4)
            return true;
        if (!text.Contains((byte)':') || !IPAddress.TryParse(text, out IPAddress? address))
            return false;
        address = address.Unmap();
        isIPv4 = address.AddressFamily == AddressFamily.InterNetwork;
        number = isIPv4 ? AddressRangeSet.NumberOfIPv4(address) : AddressRangeSet.NumberOfIPv6(address);
        return true;
    }

    /// <summary>
    /// Reads four decimal numbers separated by dots. Leading zeros are allowed, as in <c>003.004.005.006</c>.
    /// <see cref="IPAddress"/> would read these numbers as octal.
    /// </summary>
    private static bool TryReadIPv4(ReadOnlySpan<byte> text, out uint address)
    {
        address = 0;
        for (int i = 0; i < 4; i++)
        {
            if (i > 0)
            {
                if (text.IsEmpty || text[0] != '.')
                    return false;
                text = text[1..];
            }

            if (!TryReadNumber(ref text, byte.MaxValue, out uint part))
                return false;
            address = (address << 8) | part;
        }

        return text.IsEmpty;
    }

    /// <summary>Reads up to three decimal digits from the start of a text, and removes them from the text.</summary>
    private static bool TryReadNumber(ref ReadOnlySpan<byte> text, uint max, out uint number)
    {
        number = 0;
        int length = 0;
        while (length < text.Length && length < 3 && char.IsAsciiDigit((char)text[length]))
            number = (number * 10) + text[length++] - '0';
        text = text[length..];
        return length > 0 && number <= max;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t\r\n"u8);
}
