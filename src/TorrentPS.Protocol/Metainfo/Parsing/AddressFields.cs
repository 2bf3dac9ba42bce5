using System.Text.Unicode;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// Reads the optional addresses of a torrent: trackers (BEP 3, BEP 12), web seeds (BEP 17, BEP 19) and DHT nodes (BEP
/// 5). Invalid addresses are ignored with a warning.
/// </summary>
internal sealed class AddressFields(BencodeValue torrent, MetainfoLimits limits, WarningList warnings)
{
    public IReadOnlyList<IReadOnlyList<string>> Trackers()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var tiers = new List<IReadOnlyList<string>>();
        if (torrent.TryGet("announce-list"u8, out BencodeValue list))
        {
            if (list.Kind != BencodeKind.List)
                warnings.Ignored("announce-list", "The value is not a list");
            else
                ReadTiers(list, seen, tiers);
        }

        if (tiers.Count == 0
            && torrent.TryGet("announce"u8, out BencodeValue announce)
            && Url(announce, "announce") is { } only)
            tiers.Add([only]);
        return tiers;
    }

    /// <summary>
    /// Returns the URLs under a key whose value is one string or a list of strings, without duplicates.
    /// </summary>
    public IReadOnlyList<string> Urls(string key, ReadOnlySpan<byte> rawKey)
    {
        if (!torrent.TryGet(rawKey, out BencodeValue value))
            return [];
        if (value.Kind == BencodeKind.Bytes)
            return Url(value, key) is { } one ? [one] : [];
        var urls = new List<string>();
        if (value.Kind != BencodeKind.List)
        {
            warnings.Ignored(key, "The value is neither a string nor a list");
            return urls;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (BencodeValue item in value.Items())
        {
            if (urls.Count == limits.MaxWebSeeds)
            {
                Truncated(key, limits.MaxWebSeeds);
                break;
            }

            if (Url(item, key) is { } url && seen.Add(url))
                urls.Add(url);
        }

        return urls;
    }

    public IReadOnlyList<HostEndPoint> Nodes()
    {
        var nodes = new List<HostEndPoint>();
        if (!torrent.TryGet("nodes"u8, out BencodeValue list))
            return nodes;
        if (list.Kind != BencodeKind.List)
        {
            warnings.Ignored("nodes", "The value is not a list");
            return nodes;
        }

        foreach (BencodeValue item in list.Items())
        {
            if (nodes.Count == limits.MaxNodes)
            {
                Truncated("nodes", limits.MaxNodes);
                break;
            }

            if (Node(item) is { } node)
                nodes.Add(node);
            else
                warnings.Ignored("nodes", "A node is not a list of a host and a port");
        }

        return nodes;
    }

    private void ReadTiers(BencodeValue list, HashSet<string> seen, List<IReadOnlyList<string>> tiers)
    {
        foreach (BencodeValue item in list.Items())
        {
            if (item.Kind is not (BencodeKind.List or BencodeKind.Bytes))
            {
                warnings.Ignored("announce-list", "A tier is not a list");
                continue;
            }

            // Some torrents have a list of URLs instead of a list of tiers. Each URL is then a tier.
            var tier = new List<string>();
            foreach (BencodeValue entry in item.Kind == BencodeKind.List ? item.Items() : [item])
            {
                if (seen.Count == limits.MaxTrackers)
                {
                    Truncated("announce-list", limits.MaxTrackers);
                    break;
                }

                if (Url(entry, "announce-list") is { } url && seen.Add(url))
                    tier.Add(url);
            }

            if (tier.Count > 0)
                tiers.Add(tier);
            if (seen.Count == limits.MaxTrackers)
                return;
        }
    }

    /// <summary>
    /// Returns a URL or host name as text. Returns null if the text is empty. Returns null and adds a warning if the
    /// value is not a string, is not valid UTF-8, is too long, or contains characters that are not displayable.
    /// </summary>
    private string? Url(BencodeValue value, string location)
    {
        if (value.Kind == BencodeKind.Bytes
            && value.Bytes.Length <= limits.MaxUrlLength
            && Utf8.IsValid(value.Bytes.Span))
        {
            string url = value.GetText().Trim();
            if (DisplayText.IsLine(url))
                return url.Length == 0 ? null : url;
        }

        warnings.Ignored(location, "An address is not displayable UTF-8 text or is too long");
        return null;
    }

    private HostEndPoint? Node(BencodeValue value)
    {
        if (value.Kind != BencodeKind.List)
            return null;
        BencodeValue[] parts = [.. value.Items().Take(3)];
        if (parts is not [{ Kind: BencodeKind.Bytes } host, { Kind: BencodeKind.Number } port]
            || !port.TryGetInt64(out long number)
            || number is < 1 or > 65535
            || Url(host, "nodes") is not { } name)
        {
            return null;
        }

        return new HostEndPoint(name, (int)number);
    }

    private void Truncated(string location, int limit)
    {
        string message = $"The list has more than {limit} entries; the rest was ignored.";
        warnings.Add(TorrentWarningCode.ListTruncated, location, message);
    }
}
