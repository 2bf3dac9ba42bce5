using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>
/// Reads the packets that a UDP tracker answers (BEP 15). The caller has matched <see cref="TryReadHeader"/>'s transaction to its own;
/// each reader refuses, with <see cref="TrackerResponseException"/>, what is too short, of another action, or an error packet.
/// </summary>
public static class UdpTrackerResponse
{
    private const int HeaderLength = 8;
    private const int AnnounceLength = 20;
    private const int ScrapeEntryLength = 12;

    /// <summary>Reads the action and transaction id that every answer begins with.</summary>
    /// <returns>False when the packet is too short to be an answer.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> packet, out UdpTrackerAction action, out uint transactionId)
    {
        bool whole = packet.Length >= HeaderLength;
        action = whole ? (UdpTrackerAction)BinaryPrimitives.ReadInt32BigEndian(packet) : default;
        transactionId = whole ? BinaryPrimitives.ReadUInt32BigEndian(packet[4..]) : 0;
        return whole;
    }

    /// <summary>Reads the connection id.</summary>
    public static ulong ReadConnect(ReadOnlySpan<byte> packet)
    {
        Check(packet, UdpTrackerAction.Connect, 16);
        return BinaryPrimitives.ReadUInt64BigEndian(packet[HeaderLength..]);
    }

    /// <summary>Reads the answer to an announce.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="family">The address family that the packet came over, which decides how peers are written.</param>
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

    /// <summary>Reads the answer to a scrape.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="torrents">The torrents asked for, in the order of the request; those that the answer is too short for are left out.</param>
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

    // An answer that ends after its head is how some trackers turn down a torrent that they were not told to serve.
    private static void Check(ReadOnlySpan<byte> packet, UdpTrackerAction expected, int length)
    {
        if (!TryReadHeader(packet, out UdpTrackerAction action, out _))
            throw new TrackerResponseException(TrackerResponseError.Malformed, $"The answer has only {packet.Length} bytes.");
        if (action == UdpTrackerAction.Error)
            throw new TrackerResponseException(TrackerResponseError.Refused, TrackerText.Read(packet[HeaderLength..]));
        if (action != expected)
            throw new TrackerResponseException(TrackerResponseError.Malformed, $"The answer to a {expected} request has action {(int)action}.");
        if (packet.Length == HeaderLength && length > HeaderLength)
            throw new TrackerResponseException(TrackerResponseError.Refused, "The tracker gave no reason; it may not serve this torrent.");
        if (packet.Length < length)
            throw new TrackerResponseException(TrackerResponseError.Malformed, $"The answer has {packet.Length} bytes of at least {length}.");
    }

    // A count of 2^31 or more is no count: it reads as none rather than as a negative number.
    private static int ReadCount(ReadOnlySpan<byte> source) => Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(source));
}

/// <summary>What a packet of the UDP tracker protocol is (BEP 15).</summary>
public enum UdpTrackerAction
{
    /// <summary>Asks for, or gives, a connection id.</summary>
    Connect = 0,

    /// <summary>An announce or its answer.</summary>
    Announce = 1,

    /// <summary>A scrape or its answer.</summary>
    Scrape = 2,

    /// <summary>A refusal.</summary>
    Error = 3,
}
