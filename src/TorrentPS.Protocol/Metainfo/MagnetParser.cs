using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>Reads magnet links. What is unknown or wrong beside the info hash is left out: a link is worth having without.</summary>
internal static class MagnetParser
{
    /// <summary>The multihash prefix of a SHA-256: its code and its length, in hexadecimal.</summary>
    public const string Sha256Multihash = "1220";

    /// <summary>Addresses of each kind that are kept; each costs a connection or an announce.</summary>
    private const int MaxAddresses = 500;

    private const string Scheme = "magnet:?";

    /// <summary>The link, or null and the reason.</summary>
    public static MagnetLink? Parse(string text, out string? error)
    {
        text = text.Trim();
        error = null;
        if (text.Length > MagnetLink.MaxLength)
            error = $"The link has more than {MagnetLink.MaxLength} characters.";
        else if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            error = $"A magnet link begins with '{Scheme}'.";
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
            error = "The link names no torrent: there is no 'xt=urn:btih:' or 'xt=urn:btmh:'.";
            return null;
        }

        return values.ToLink();
    }

    /// <summary>Keys may be numbered, as in <c>tr.1</c>.</summary>
    private static string Key(string key)
    {
        key = key.ToLowerInvariant();
        int dot = key.LastIndexOf('.');
        return dot > 0 && dot + 1 < key.Length && key.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? key[..dot] : key;
    }

    /// <summary>Percent-encoding, and '+' for a space as browsers' forms write it.</summary>
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
                    error = $"'{v1}' is no info hash: expected 40 hexadecimal digits or 32 base32 characters.";
                else if (InfoHash is { } other && other != hash)
                    error = "The link names two different torrents.";
                else
                    InfoHash = hash;
            }
            else if (After(topic, "urn:btmh:") is { } v2)
            {
                if (After(v2, Sha256Multihash) is not { } digits || !Primitives.InfoHashV2.TryParse(digits, out InfoHashV2 hash))
                    error = $"'{v2}' is no SHA-256 multihash: expected {Sha256Multihash} and 64 hexadecimal digits.";
                else if (InfoHashV2 is { } other && other != hash)
                    error = "The link names two different torrents.";
                else
                    InfoHashV2 = hash;
            }

            return error is null;
        }

        private static void AddUrl(List<string> urls, string url)
        {
            url = url.Trim();
            if (url.Length > 0 && urls.Count < MaxAddresses && !url.Any(char.IsControl) && !urls.Contains(url))
                urls.Add(url);
        }

        private static string? After(string text, string prefix) =>
            text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? text[prefix.Length..] : null;

        private static bool TryParsePeer(string value, [NotNullWhen(true)] out HostEndPoint? peer)
        {
            peer = null;
            int colon = value.LastIndexOf(':');
            if (colon <= 0 || !ushort.TryParse(value.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
                return false;
            string host = value[..colon];
            bool bracketed = host.StartsWith('[') && host.EndsWith(']');
            if (bracketed)
                host = host[1..^1];
            bool isBareIPv6 = !bracketed && host.Contains(':', StringComparison.Ordinal);
            if (host.Length == 0 || isBareIPv6 || host.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
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
