using System.Buffers.Binary;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>Writes the packets that a client sends to a UDP tracker (BEP 15, BEP 41).</summary>
public static class UdpTrackerRequest
{
    /// <summary>The length of a connect packet in bytes.</summary>
    public const int ConnectLength = 16;

    /// <summary>The most torrents that one scrape may ask for: what fits a packet that is not fragmented.</summary>
    public const int MaxScrapeTorrents = 74;

    /// <summary>The most of a URL's path and query that is sent, in bytes: the packet must not be fragmented.</summary>
    public const int MaxUrlData = 1024;

    private const ulong ProtocolId = 0x41727101980;
    private const int HeaderLength = 16;
    private const int AnnounceLength = 98;
    private const byte UrlDataOption = 2;
    private const int MaxOptionLength = byte.MaxValue;

    /// <summary>The packet that asks for a connection id.</summary>
    public static byte[] Connect(uint transactionId) => Header(ProtocolId, UdpTrackerAction.Connect, transactionId, ConnectLength);

    /// <summary>The packet of an announce.</summary>
    /// <param name="connectionId">From the tracker's answer to <see cref="Connect"/>.</param>
    /// <param name="transactionId">Random; the answer has the same.</param>
    /// <param name="request">What to tell.</param>
    /// <param name="tracker">The tracker's URL, whose path and query are sent along when it has any (BEP 41); left out when over-long.</param>
    public static byte[] Announce(ulong connectionId, uint transactionId, AnnounceRequest request, Uri tracker)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(tracker);
        byte[] urlData = UrlData(tracker);
        int options = (urlData.Length + MaxOptionLength - 1) / MaxOptionLength;
        byte[] packet = Header(connectionId, UdpTrackerAction.Announce, transactionId, AnnounceLength + (2 * options) + urlData.Length);
        Span<byte> rest = packet.AsSpan(HeaderLength);
        request.InfoHash.Span.CopyTo(rest);
        request.PeerId.Span.CopyTo(rest[20..]);
        BinaryPrimitives.WriteInt64BigEndian(rest[40..], request.Downloaded);
        BinaryPrimitives.WriteInt64BigEndian(rest[48..], request.Left);
        BinaryPrimitives.WriteInt64BigEndian(rest[56..], request.Uploaded);
        BinaryPrimitives.WriteInt32BigEndian(rest[64..], (int)request.Event);
        // rest[68..72] is the address to announce: 0, that is the one the packet comes from.
        BinaryPrimitives.WriteUInt32BigEndian(rest[72..], request.Key);
        BinaryPrimitives.WriteInt32BigEndian(rest[76..], request.NumWant ?? -1);
        BinaryPrimitives.WriteUInt16BigEndian(rest[80..], request.Port);
        Span<byte> tail = packet.AsSpan(AnnounceLength);
        foreach (byte[] chunk in urlData.Chunk(MaxOptionLength))
        {
            tail[0] = UrlDataOption;
            tail[1] = (byte)chunk.Length;
            chunk.CopyTo(tail[2..]);
            tail = tail[(2 + chunk.Length)..];
        }

        return packet;
    }

    /// <summary>The packet of a scrape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxScrapeTorrents"/> are asked for.</exception>
    public static byte[] Scrape(ulong connectionId, uint transactionId, IReadOnlyList<InfoHash> torrents)
    {
        ArgumentNullException.ThrowIfNull(torrents);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(torrents.Count, MaxScrapeTorrents, nameof(torrents));
        byte[] packet = Header(connectionId, UdpTrackerAction.Scrape, transactionId, HeaderLength + (InfoHash.Length * torrents.Count));
        for (int i = 0; i < torrents.Count; i++)
            torrents[i].Span.CopyTo(packet.AsSpan(HeaderLength + (InfoHash.Length * i)));
        return packet;
    }

    private static byte[] Header(ulong connectionId, UdpTrackerAction action, uint transactionId, int length)
    {
        var packet = new byte[length];
        BinaryPrimitives.WriteUInt64BigEndian(packet, connectionId);
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(8), (int)action);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), transactionId);
        return packet;
    }

    private static byte[] UrlData(Uri tracker)
    {
        string text = tracker.PathAndQuery;
        return text is "" or "/" || text.Length > MaxUrlData ? [] : Encoding.UTF8.GetBytes(text);
    }
}
