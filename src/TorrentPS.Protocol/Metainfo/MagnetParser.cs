using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// Parses magnet links. Unknown parameters are ignored. An invalid info hash is an error, but other invalid values are
/// ignored.
/// </summary>
internal static class MagnetParser
{
    /// <summary>
    /// Multihash prefix of a SHA-256 hash in hexadecimal: the function code 0x12, followed by the length of the hash,
    /// 0x20 bytes.
    /// </summary>
    public const string Sha256Multihash = "1220";

    /// <summary>
    /// Maximum number of trackers kept from a link. The same limit applies separately to web seeds and to peers. Each
    /// of these addresses costs an announce or a connection.
    /// </summary>
    private const int MaxAddresses = 500;

    private const string Scheme = "magnet:?";

    /// <summary>
    /// Parses a magnet link. Returns null if the text is not a magnet link to a torrent; <paramref name="error"/> is
    /// then the reason.
    /// </summary>
    public static MagnetLink? Parse(string text, out string? error)
    {
        text = text.Trim();
        error = null;
        if (text.Length > MagnetLink.MaxLength)
            error = $"The link is longer than {MagnetLink.MaxLength} characters.";
        else if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            error = $"A magnet link must start with '{Scheme}'.";
        if (error is not null)
            return null;

        var values = new Values();
        foreach (string part in text[Scheme.Length..].Split('&'))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && !values.Add(Key(part[..equals]), Unescape(part[(equals + 1)..]), out error))
                return null;
        }

        if (values.InfoHash is null && values.InfoHashV2 is null)
        {
            error = "The link has no info hash: 'xt=urn:btih:' or 'xt=urn:btmh:' is missing.";
            return null;
        }

        return values.ToLink();
    }

    /// <summary>
    /// Returns a parameter's key in lower case. A dot and a number at its end are removed, because some links number
    /// their parameters: <c>tr.1</c> becomes <c>tr</c>.
    /// </summary>
    private static string Key(string key)
    {
        key = key.ToLowerInvariant();
        int dot = key.LastIndexOf('.');
        return dot > 0 && dot + 1 < key.Length && key.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9') < 0
            ? key[..dot]
            : key;
    }

    private static string Unescape(string value) => Uri.UnescapeDataString(value.Replace('+', ' '));

    private sealed class Values
    {
        private readonly List<string> _trackers = [];
        private readonly List<string> _webSeeds = [];
        private readonly List<HostEndPoint> _peers = [];
        private List<FileRange> _selected = [];
        private string? _name;
        private long? _length;

        public InfoHash? InfoHash { get; private set; }

        public InfoHashV2? InfoHashV2 { get; private set; }

        public bool Add(string key, string value, out string? error)
        {
            error = null;
            switch (key)
            {
                case "xt":
                    return AddTopic(value, out error);
                case "dn":
                    _name ??= value.Length > 0 ? value : null;
                    break;
                case "tr":
                    AddUrl(_trackers, value);
                    break;
                case "ws":
                    AddUrl(_webSeeds, value);
                    break;
                case "x.pe" when _peers.Count < MaxAddresses && TryParsePeer(value, out HostEndPoint? peer):
                    _peers.Add(peer);
                    break;
                case "so":
                    _selected = ParseRanges(value);
                    break;
                case "xl" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long length):
                    _length = length;
                    break;
            }

            return true;
        }

        public MagnetLink ToLink() => new()
        {
            InfoHash = InfoHash,
            InfoHashV2 = InfoHashV2,
            DisplayName = _name,
            Trackers = _trackers,
            WebSeeds = _webSeeds,
            Peers = _peers,
            SelectedFiles = _selected,
            ExactLength = _length,
        };

        private bool AddTopic(string topic, out string? error)
        {
            error = null;
            if (After(topic, "urn:btih:") is { } v1)
            {
                if (!Primitives.InfoHash.TryParse(v1, out InfoHash hash))
                    error = $"'{Shown(v1)}' is not a valid info hash. Expected 40 hexadecimal digits or 32 base32 characters.";
                else if (InfoHash is { } other && other != hash)
                    error = "The link has two different v1 info hashes.";
                else
                    InfoHash = hash;
            }
            else if (After(topic, "urn:btmh:") is { } v2)
            {
                string? digits = After(v2, Sha256Multihash);
                if (!Primitives.InfoHashV2.TryParse(digits, out InfoHashV2 hash))
                    error = $"'{Shown(v2)}' is not a SHA-256 multihash. Expected {Sha256Multihash} and 64 hexadecimal digits.";
                else if (InfoHashV2 is { } other && other != hash)
                    error = "The link has two different v2 info hashes.";
                else
                    InfoHashV2 = hash;
            }

            return error is null;
        }

        /// <summary>
        /// Returns an invalid info hash as displayable text for an error message. The text is cut to the length of a
        /// valid v2 info hash with its prefix.
        /// </summary>
        private static string Shown(string hash) =>
            DisplayText.Line(hash, Sha256Multihash.Length + (2 * Primitives.InfoHashV2.Length));

        private static void AddUrl(List<string> urls, string url)
        {
            url = url.Trim();
            if (url.Length > 0 && urls.Count < MaxAddresses && DisplayText.IsLine(url) && !urls.Contains(url))
                urls.Add(url);
        }

        private static string? After(string text, string prefix) =>
            text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? text[prefix.Length..] : null;

        private static bool TryParsePeer(string value, [NotNullWhen(true)] out HostEndPoint? peer)
        {
            peer = null;
            int colon = value.LastIndexOf(':');
            if (colon <= 0)
                return false;
            ReadOnlySpan<char> portText = value.AsSpan(colon + 1);
            if (!ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
                return false;
            string host = value[..colon];
            bool bracketed = host.StartsWith('[') && host.EndsWith(']');
            if (bracketed)
                host = host[1..^1];
            bool isBareIPv6 = !bracketed && host.Contains(':', StringComparison.Ordinal);
            if (port == 0 || host.Length == 0 || isBareIPv6 || host.Any(char.IsWhiteSpace) || !DisplayText.IsLine(host))
                return false;
            peer = new HostEndPoint(host, port);
            return true;
        }

        private static List<FileRange> ParseRanges(string value)
        {
            var ranges = new List<FileRange>();
            foreach (string part in value.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] ends = part.Split('-');
                if (ends.Length <= 2
                    && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                    && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                    && first <= last)
                {
                    ranges.Add(new FileRange(first, last));
                }
            }

            return ranges;
        }
    }
}
