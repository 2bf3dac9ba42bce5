using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>
/// Parses the packets that a UDP tracker sends (BEP 15). The caller must first compare the transaction id that
/// <see cref="TryReadHeader"/> returns with that of its request.
/// </summary>
public static class UdpTrackerResponse
{
    private const int HeaderLength = 8;
    private const int AnnounceLength = 20;
    private const int ScrapeEntryLength = 12;

    /// <summary>Reads the header of a response: its action and its transaction id.</summary>
    /// <returns>False if the packet is shorter than a header, which has 8 bytes.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> packet, out UdpTrackerAction action, out uint transactionId)
    {
        bool whole = packet.Length >= HeaderLength;
        action = whole ? (UdpTrackerAction)BinaryPrimitives.ReadInt32BigEndian(packet) : default;
        transactionId = whole ? BinaryPrimitives.ReadUInt32BigEndian(packet[4..]) : 0;
        return whole;
    }

    /// <summary>Returns the connection id from the response to a connect packet.</summary>
    /// <exception cref="TrackerResponseException">
    /// The packet is an error packet, is too short, or has an unexpected action.
    /// </exception>
    public static ulong ReadConnect(ReadOnlySpan<byte> packet)
    {
        Check(packet, UdpTrackerAction.Connect, 16);
        return BinaryPrimitives.ReadUInt64BigEndian(packet[HeaderLength..]);
    }

    /// <summary>Parses the response to an announce.</summary>
    /// <param name="packet">The packet, including its header.</param>
    /// <param name="family">
    /// Address family of the tracker's address, which determines the length of each peer: 6 bytes for IPv4, 18 for
    /// IPv6.
    /// </param>
    /// <exception cref="TrackerResponseException">
    /// The packet is an error packet, is too short, or has an unexpected action.
    /// </exception>
    public static AnnounceResponse ReadAnnounce(ReadOnlySpan<byte> packet, AddressFamily family)
    {
        Check(packet, UdpTrackerAction.Announce, AnnounceLength);
        var peers = new List<IPEndPoint>();
        int stride = family == AddressFamily.InterNetworkV6 ? CompactPeers.IPv6Length : CompactPeers.IPv4Length;
        CompactPeers.Read(packet[AnnounceLength..], stride, peers, AnnounceResponse.MaxPeers);
        return new AnnounceResponse
        {
            Peers = peers,
            Interval = TimeSpan.FromSeconds(ReadCount(packet[8..])),
            Incomplete = ReadCount(packet[12..]),
            Complete = ReadCount(packet[16..]),
        };
    }

    /// <summary>Parses the response to a scrape.</summary>
    /// <param name="packet">The packet, including its header.</param>
    /// <param name="torrents">
    /// The info hashes of the request, in the same order. If the response has counts for fewer torrents than were
    /// requested, the last torrents of the request are left out of the result.
    /// </param>
    /// <exception cref="TrackerResponseException">
    /// The packet is an error packet, is too short, or has an unexpected action.
    /// </exception>
    public static ScrapeResponse ReadScrape(ReadOnlySpan<byte> packet, IReadOnlyList<InfoHash> torrents)
    {
        ArgumentNullException.ThrowIfNull(torrents);
        Check(packet, UdpTrackerAction.Scrape, HeaderLength);
        var counts = new Dictionary<InfoHash, ScrapeCounts>();
        ReadOnlySpan<byte> rest = packet[HeaderLength..];
        for (int i = 0; i < torrents.Count && rest.Length >= ScrapeEntryLength; i++, rest = rest[ScrapeEntryLength..])
            counts[torrents[i]] = new ScrapeCounts(ReadCount(rest), ReadCount(rest[8..]), ReadCount(rest[4..]));
        return new ScrapeResponse(counts);
    }

    // Some trackers send only a header in response to an announce for a torrent that they do not track.
    private static void Check(ReadOnlySpan<byte> packet, UdpTrackerAction expected, int length)
    {
        if (!TryReadHeader(packet, out UdpTrackerAction action, out _))
            throw Malformed($"The response is only {packet.Length} bytes long.");
        if (action == UdpTrackerAction.Error)
            throw new TrackerResponseException(TrackerResponseError.Refused, TrackerText.Read(packet[HeaderLength..]));
        if (action != expected)
            throw Malformed($"The response to a {expected} request has action {(int)action}.");
        if (packet.Length == HeaderLength && length > HeaderLength)
        {
            throw new TrackerResponseException(
                TrackerResponseError.Refused, "The tracker gave no reason; it may not serve this torrent.");
        }

        if (packet.Length < length)
            throw Malformed($"The response is {packet.Length} bytes long; expected at least {length} bytes.");
    }

    private static TrackerResponseException Malformed(string message) => new(TrackerResponseError.Malformed, message);

    // Counts are signed in BEP 15. A negative count is read as 0.
    private static int ReadCount(ReadOnlySpan<byte> source) => Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(source));
}

/// <summary>Action of a packet in the UDP tracker protocol (BEP 15).</summary>
public enum UdpTrackerAction
{
    /// <summary>A request for a connection id, or the response to that request.</summary>
    Connect = 0,

    /// <summary>An announce, or the response to an announce.</summary>
    Announce = 1,

    /// <summary>A scrape, or the response to a scrape.</summary>
    Scrape = 2,

    /// <summary>An error response.</summary>
    Error = 3,
}
