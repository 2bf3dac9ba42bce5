using System.Text.Unicode;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// The optional addresses of a torrent: trackers (BEP 3, BEP 12), web seeds (BEP 17, BEP 19) and DHT nodes (BEP 5). What is
/// wrong in them is ignored with a warning: the torrent is whole without.
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
                warnings.Ignored("announce-list", "This is no list");
            else
                ReadTiers(list, seen, tiers);
        }

        if (tiers.Count == 0 && torrent.TryGet("announce"u8, out BencodeValue announce) && Url(announce, "announce") is { } only)
            tiers.Add([only]);
        return tiers;
    }

    /// <summary>The addresses under a key that holds a string or a list of strings.</summary>
    public IReadOnlyList<string> Urls(string key, ReadOnlySpan<byte> rawKey)
    {
        if (!torrent.TryGet(rawKey, out BencodeValue value))
            return [];
        if (value.Kind == BencodeKind.Bytes)
            return Url(value, key) is { } one ? [one] : [];
        var urls = new List<string>();
        if (value.Kind != BencodeKind.List)
        {
            warnings.Ignored(key, "This is neither a string nor a list");
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
            warnings.Ignored("nodes", "This is no list");
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
                warnings.Ignored("nodes", "An entry is no host with a port");
        }

        return nodes;
    }

    private void ReadTiers(BencodeValue list, HashSet<string> seen, List<IReadOnlyList<string>> tiers)
    {
        foreach (BencodeValue item in list.Items())
        {
            if (item.Kind is not (BencodeKind.List or BencodeKind.Bytes))
            {
                warnings.Ignored("announce-list", "A tier is no list");
                continue;
            }

            // Some torrents hold a plain list of addresses: each is a tier then.
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

    /// <summary>An address as text; null, with a warning unless it is just empty, for what can't be one.</summary>
    private string? Url(BencodeValue value, string location)
    {
        if (value.Kind == BencodeKind.Bytes && value.Bytes.Length <= limits.MaxUrlLength && Utf8.IsValid(value.Bytes.Span))
        {
            string url = value.GetText().Trim();
            if (!url.Any(char.IsControl))
                return url.Length == 0 ? null : url;
        }

        warnings.Ignored(location, "An address is no text, or too long");
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

    private void Truncated(string location, int limit) =>
        warnings.Add(TorrentWarningCode.ListTruncated, location, $"There are more than {limit} entries; the rest is ignored.");
}
