using System.Net;
using System.Text;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>
/// Parses the bodies of an HTTP tracker's responses, which are bencoded dictionaries (BEP 3, 7, 23, 24 and 48).
/// </summary>
public static class HttpTrackerResponse
{
    /// <summary>
    /// Maximum length of a response body in bytes, after decompression. A body of this length has room for about twenty
    /// thousand peers in the dictionary format of BEP 3. Trackers usually return at most 200.
    /// </summary>
    public const int MaxLength = 2 * 1024 * 1024;

    /// <summary>
    /// Maximum length of a tracker id in bytes. A longer tracker id is ignored, because it would be part of every
    /// announce URL.
    /// </summary>
    public const int MaxTrackerId = 256;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 16, MaxTokens = 400_000, MaxLength = MaxLength };

    /// <summary>Parses the body of the response to an announce.</summary>
    /// <exception cref="TrackerResponseException">
    /// The tracker reports a failure, or the response is malformed.
    /// </exception>
    public static AnnounceResponse ReadAnnounce(ReadOnlyMemory<byte> body)
    {
        BencodeValue root = Read(body);
        return new AnnounceResponse
        {
            Peers = ReadPeers(root),
            Interval = Seconds(root, "interval"u8) ?? AnnounceResponse.DefaultInterval,
            MinInterval = Seconds(root, "min interval"u8),
            WarningMessage = root.BytesAt("warning message"u8) is { Length: > 0 } warning
                ? TrackerText.Read(warning.Span)
                : null,
            TrackerId = root.BytesAt("tracker id"u8) is { Length: > 0 and <= MaxTrackerId } id
                ? Encoding.Latin1.GetString(id.Span)
                : null,
            Complete = Count(root, "complete"u8),
            Incomplete = Count(root, "incomplete"u8),
            ExternalAddress = root.BytesAt("external ip"u8) is { Length: 4 or 16 } address
                ? new IPAddress(address.Span)
                : null,
        };
    }

    /// <summary>
    /// Parses the body of the response to a scrape. Torrents in the response are left out if they are not in
    /// <paramref name="torrents"/>.
    /// </summary>
    /// <exception cref="TrackerResponseException">
    /// The tracker reports a failure, or the response is malformed.
    /// </exception>
    public static ScrapeResponse ReadScrape(ReadOnlyMemory<byte> body, IReadOnlyCollection<InfoHash> torrents)
    {
        ArgumentNullException.ThrowIfNull(torrents);
        BencodeValue root = Read(body);
        if (!root.TryGet("files"u8, out BencodeValue files) || files.Kind != BencodeKind.Dictionary)
            throw Malformed("The scrape response has no 'files' dictionary.");
        var wanted = torrents.ToHashSet();
        var counts = new Dictionary<InfoHash, ScrapeCounts>();
        foreach ((BencodeValue key, BencodeValue value) in files.Entries())
        {
            if (key.Bytes.Length != InfoHash.Length || value.Kind != BencodeKind.Dictionary)
                continue;
            var hash = new InfoHash(key.Bytes.Span);
            if (wanted.Contains(hash))
            {
                counts[hash] = new ScrapeCounts(
                    Count(value, "complete"u8) ?? 0,
                    Count(value, "incomplete"u8) ?? 0,
                    Count(value, "downloaded"u8) ?? 0,
                    Count(value, "downloaders"u8));
            }
        }

        return new ScrapeResponse(counts);
    }

    private static BencodeValue Read(ReadOnlyMemory<byte> body)
    {
        BencodeValue root = Parse(body);
        if (root.Kind != BencodeKind.Dictionary)
            throw Malformed("The response is not a dictionary.");
        if (!root.TryGet("failure reason"u8, out BencodeValue reason))
            return root;
        string message = TrackerText.Read(reason.Kind == BencodeKind.Bytes ? reason.Bytes.Span : []);
        throw new TrackerResponseException(TrackerResponseError.Refused, message);
    }

    private static BencodeValue Parse(ReadOnlyMemory<byte> body)
    {
        // Some trackers end the response with a line break.
        while (body.Length > 0 && body.Span[^1] is (byte)'\n' or (byte)'\r')
            body = body[..^1];
        try
        {
            return BencodeValue.Parse(body, Limits);
        }
        catch (BencodeException e)
        {
            throw new TrackerResponseException(
                TrackerResponseError.Malformed, $"The response is not valid bencoding: {e.Message}", e);
        }
    }

    private static List<IPEndPoint> ReadPeers(BencodeValue root)
    {
        var peers = new List<IPEndPoint>();
        if (root.TryGet("peers"u8, out BencodeValue value) && value.Kind == BencodeKind.List)
            ReadPeerDictionaries(value, peers);
        else if (value.Kind == BencodeKind.Bytes)
            CompactPeers.Read(value.Bytes.Span, CompactPeers.IPv4Length, peers, AnnounceResponse.MaxPeers);
        if (root.BytesAt("peers6"u8) is { } compact)
            CompactPeers.Read(compact.Span, CompactPeers.IPv6Length, peers, AnnounceResponse.MaxPeers);
        return peers;
    }

    // BEP 3 allows host names. They are ignored: a tracker could make the client resolve any name it chooses.
    private static void ReadPeerDictionaries(BencodeValue list, List<IPEndPoint> peers)
    {
        foreach (BencodeValue peer in list.Items())
        {
            if (peers.Count >= AnnounceResponse.MaxPeers)
                return;
            if (peer.BytesAt("ip"u8) is { Length: > 0 and <= 64 } ip
                && IPAddress.TryParse(Encoding.Latin1.GetString(ip.Span), out IPAddress? address)
                && Count(peer, "port"u8) is { } port)
            {
                CompactPeers.Add(address, port, peers);
            }
        }
    }

    private static int? Count(BencodeValue from, ReadOnlySpan<byte> key) => (int?)from.NumberAt(key, 0, int.MaxValue);

    private static TimeSpan? Seconds(BencodeValue from, ReadOnlySpan<byte> key) =>
        Count(from, key) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private static TrackerResponseException Malformed(string message) => new(TrackerResponseError.Malformed, message);
}
