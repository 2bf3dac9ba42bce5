using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>
/// Determines the name and version of a peer's client for display. A peer sends them in its peer id (BEP 20) or as
/// <c>v</c> in its extension handshake (BEP 10).
/// </summary>
public static class ClientName
{
    /// <summary>
    /// Maximum length of a client name in UTF-16 code units. Longer names do not fit in a table column.
    /// </summary>
    public const int MaxLength = 64;

    private const string Unknown = "Unknown";

    private static readonly FrozenDictionary<string, string> AzureusCodes = new Dictionary<string, string>
    {
        ["7T"] = "aTorrent",
        ["A~"] = "Ares",
        ["A2"] = "aria2",
        ["AG"] = "Ares",
        ["AR"] = "Arctic",
        ["AV"] = "Avicora",
        ["AX"] = "BitPump",
        ["AZ"] = "Vuze",
        ["BB"] = "BitBuddy",
        ["BC"] = "BitComet",
        ["BF"] = "Bitflu",
        ["BG"] = "BTG",
        ["BI"] = "BiglyBT",
        ["BR"] = "BitRocket",
        ["BS"] = "BTSlave",
        ["BT"] = "BitTorrent",
        ["BW"] = "BitWombat",
        ["BX"] = "BittorrentX",
        ["CD"] = "Enhanced CTorrent",
        ["CT"] = "CTorrent",
        ["DE"] = "Deluge",
        ["DP"] = "Propagate",
        ["EB"] = "EBit",
        ["ES"] = "Electric Sheep",
        ["FC"] = "FileCroc",
        ["FD"] = "Free Download Manager",
        ["FG"] = "FlashGet",
        ["FL"] = "Flud",
        ["FT"] = "FoxTorrent",
        ["FW"] = "FrostWire",
        ["FX"] = "Freebox",
        ["GR"] = "GetRight",
        ["GS"] = "GSTorrent",
        ["GT"] = "anacrolix/torrent",
        ["HL"] = "Halite",
        ["HN"] = "Hydranode",
        ["IL"] = "iLivid",
        ["JT"] = "JavaTorrent",
        ["KG"] = "KGet",
        ["KT"] = "KTorrent",
        ["LC"] = "LeechCraft",
        ["LH"] = "LH-ABC",
        ["LP"] = "Lphant",
        ["LT"] = "libtorrent",
        ["lt"] = "libTorrent (rTorrent)",
        ["LW"] = "LimeWire",
        ["MG"] = "MediaGet",
        ["MK"] = "Meerkat",
        ["MO"] = "MonoTorrent",
        ["MP"] = "MooPolice",
        ["MR"] = "Miro",
        ["MT"] = "MoonlightTorrent",
        ["NX"] = "Net Transport",
        ["OS"] = "OneSwarm",
        ["PD"] = "Pando",
        ["PI"] = "PicoTorrent",
        ["qB"] = "qBittorrent",
        ["QD"] = "QQDownload",
        ["QT"] = "Qt Torrent example",
        ["RN"] = "Rain",
        ["rQ"] = "rqbit",
        ["RT"] = "Retriever",
        ["S~"] = "Shareaza alpha",
        ["SB"] = "Swiftbit",
        ["SD"] = "Thunder",
        ["SP"] = "BitSpirit",
        ["SS"] = "SwarmScope",
        ["ST"] = "SymTorrent",
        ["st"] = "SharkTorrent",
        ["SZ"] = "Shareaza",
        ["TB"] = "Torch",
        ["TE"] = "terasaur",
        ["TL"] = "Tribler",
        ["TN"] = "TorrentDotNET",
        ["TP"] = "TorrentPS",
        ["TR"] = "Transmission",
        ["TS"] = "TorrentStorm",
        ["TT"] = "TuoTu",
        ["TX"] = "Tixati",
        ["UL"] = "uLeecher!",
        ["UM"] = "µTorrent Mac",
        ["UT"] = "µTorrent",
        ["UW"] = "µTorrent Web",
        ["VG"] = "Vagaa",
        ["WD"] = "WebTorrent Desktop",
        ["WT"] = "BitLet",
        ["WW"] = "WebTorrent",
        ["WY"] = "FireTorrent",
        ["XF"] = "Xfplay",
        ["XL"] = "Xunlei",
        ["XS"] = "XSwifter",
        ["XT"] = "XanTorrent",
        ["XX"] = "Xtorrent",
        ["ZO"] = "Zona",
        ["ZT"] = "ZipTorrent",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<char, string> ShadowCodes = new Dictionary<char, string>
    {
        ['A'] = "ABC",
        ['O'] = "Osprey Permaseed",
        ['Q'] = "BTQueue",
        ['R'] = "Tribler",
        ['S'] = "Shadow",
        ['T'] = "BitTornado",
        ['U'] = "UPnP NAT BitTorrent",
    }.ToFrozenDictionary();

    /// <summary>
    /// Returns the client name of a peer: the <c>v</c> of its extension handshake if that contains displayable text,
    /// otherwise the name that its peer id encodes.
    /// </summary>
    /// <param name="id">Peer id from the handshake.</param>
    /// <param name="extensionVersion">The <c>v</c> of the extension handshake, or null.</param>
    public static string Of(PeerId id, string? extensionVersion = null)
    {
        string sent = DisplayText.Line(extensionVersion ?? "", MaxLength);
        return sent.Length > 0 ? sent : Decode(id);
    }

    /// <summary>
    /// Returns the client name and version that a peer id encodes (BEP 20). If the id follows no known convention,
    /// returns <c>Unknown</c>, followed by the printable characters at the start of the id if there are at least three.
    /// </summary>
    public static string Decode(PeerId id) =>
        Azureus(id.Span) ?? Mainline(id.Span) ?? Other(id.Span) ?? Shadow(id.Span) ?? Unrecognised(id.Span);

    private static string? Azureus(ReadOnlySpan<byte> id)
    {
        if (id[0] != '-')
            return null;
        if (id.StartsWith("-ML"u8))
            return Dotted("MLdonkey", id[3..]);
        if (id.StartsWith("-BOW"u8))
            return "Bits on Wheels";
        if (id.StartsWith("-G3"u8))
            return "G3 Torrent";
        if (!IsPrintable(id[1..7]))
            return null;
        string code = Encoding.ASCII.GetString(id[1..3]);
        string name = AzureusCodes.GetValueOrDefault(code, $"{Unknown} ({code})");
        return $"{name} {Version(code, id[3..7])}";
    }

    /// <summary>
    /// Formats the four version characters of an Azureus-style id. Major, minor and patch version are digits in base
    /// 36, and the build is a decimal digit. A letter in the fourth place marks the kind of build and is left out.
    /// </summary>
    private static string Version(string code, ReadOnlySpan<byte> digits)
    {
        int a = Digit(digits[0]), b = Digit(digits[1]), c = Digit(digits[2]);
        int d = char.IsAsciiDigit((char)digits[3]) ? Digit(digits[3]) : 0;
        if (a < 0 || b < 0 || c < 0)
            return Encoding.ASCII.GetString(digits);
        return code switch
        {
            "TR" when a == 0 && b == 0 => $"0.{c}{(d > 0 ? d : "")}",
            "TR" when a is >= 1 and <= 3 => $"{a}.{b}{c}",
            "KT" or "AZ" or "BI" or "SZ" => $"{a}.{b}.{c}.{d}",
            "BC" => $"{(a * 10) + b}.{c}{d}",
            _ => d > 0 ? $"{a}.{b}.{c}.{d}" : $"{a}.{b}.{c}",
        };
    }

    private static string? Mainline(ReadOnlySpan<byte> id)
    {
        string? name = (char)id[0] switch { 'M' => "Mainline", 'Q' => "Queen Bee", _ => null };
        if (name is null || !char.IsAsciiDigit((char)id[1]) || !id[2..4].Contains((byte)'-'))
            return null;
        int length = 1;
        int dashes = 0;
        while (length < 8 && (char.IsAsciiDigit((char)id[length]) || id[length] == '-'))
            dashes += id[length++] == '-' ? 1 : 0;
        return dashes < 2 ? null : $"{name} {Encoding.ASCII.GetString(id[1..length]).TrimEnd('-').Replace('-', '.')}";
    }

    private static string? Other(ReadOnlySpan<byte> id)
    {
        if (id.StartsWith("exbc"u8) || id.StartsWith("FUTB"u8))
            return $"{(id[6..].StartsWith("LORD"u8) ? "BitLord" : "BitComet")} {id[4]}.{id[5]:00}";
        if (id.StartsWith("XBT"u8) && IsPrintable(id[3..6]))
            return $"XBT Client {(char)id[3]}.{(char)id[4]}.{(char)id[5]}";
        if (id.StartsWith("OP"u8) && IsDigits(id[2..6]))
            return $"Opera {Encoding.ASCII.GetString(id[2..6])}";
        if (id.StartsWith("AZ2500BT"u8))
            return "BitTyrant 1.1";
        if (id.StartsWith("346------"u8))
            return "TorrenTopia 1.90";
        if (id[0] == 0 && id[2..4].SequenceEqual("BS"u8))
            return $"BitSpirit {id[1]}";
        if (id[2..4].SequenceEqual("RS"u8))
            return $"Rufus {id[0]}.{id[1]}";
        return id.StartsWith("A2-"u8) ? Dashed("aria2", id[3..]) : null;
    }

    private static string? Shadow(ReadOnlySpan<byte> id)
    {
        if (!ShadowCodes.TryGetValue((char)id[0], out string? name) || !id[6..9].SequenceEqual("---"u8))
            return null;
        var parts = new List<string>();
        foreach (byte b in id[1..6])
        {
            if (b == '-')
                break;
            int digit = ShadowDigit(b);
            if (digit < 0)
                return null;
            parts.Add(digit.ToString(CultureInfo.InvariantCulture));
        }

        return parts.Count == 0 ? name : $"{name} {string.Join('.', parts)}";
    }

    private static string Unrecognised(ReadOnlySpan<byte> id)
    {
        int readable = 0;
        while (readable < 8 && id[readable] is > 0x20 and < 0x7f)
            readable++;
        return readable < 3 ? Unknown : $"{Unknown} [{Encoding.ASCII.GetString(id[..readable])}]";
    }

    private static string Dotted(string name, ReadOnlySpan<byte> version)
    {
        int length = 0;
        while (length < version.Length && (char.IsAsciiDigit((char)version[length]) || version[length] == '.'))
            length++;
        return length == 0 ? name : $"{name} {Encoding.ASCII.GetString(version[..length])}";
    }

    private static string Dashed(string name, ReadOnlySpan<byte> version)
    {
        int length = 0;
        while (length < 8 && (char.IsAsciiDigit((char)version[length]) || version[length] == '-'))
            length++;
        string[] parts = Encoding.ASCII.GetString(version[..length]).Split('-', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 0 ? name : $"{name} {string.Join('.', parts.Take(3))}";
    }

    private static int Digit(byte b) => (char)b switch
    {
        >= '0' and <= '9' => b - '0',
        >= 'A' and <= 'Z' => b - 'A' + 10,
        >= 'a' and <= 'z' => b - 'a' + 10,
        _ => -1,
    };

    private static int ShadowDigit(byte b) => (char)b switch
    {
        >= '0' and <= '9' => b - '0',
        >= 'A' and <= 'Z' => b - 'A' + 10,
        >= 'a' and <= 'z' => b - 'a' + 36,
        '.' => 62,
        _ => -1,
    };

    private static bool IsPrintable(ReadOnlySpan<byte> bytes) =>
        !bytes.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e);

    private static bool IsDigits(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
