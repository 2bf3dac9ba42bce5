using System.Buffers.Binary;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>Creates the packets that a client sends to a UDP tracker (BEP 15, BEP 41).</summary>
public static class UdpTrackerRequest
{
    /// <summary>Length of a connect packet in bytes.</summary>
    public const int ConnectLength = 16;

    /// <summary>
    /// Maximum number of torrents in one scrape (BEP 15). The packet for this number has 1,496 bytes.
    /// </summary>
    public const int MaxScrapeTorrents = 74;

    /// <summary>
    /// Maximum length of the URL data in an announce, in bytes. Longer URL data is not sent, so that the packet is not
    /// fragmented.
    /// </summary>
    public const int MaxUrlData = 1024;

    private const ulong ProtocolId = 0x41727101980;
    private const int HeaderLength = 16;
    private const int AnnounceLength = 98;
    private const byte UrlDataOption = 2;
    private const int MaxOptionLength = byte.MaxValue;

    /// <summary>Creates a connect packet. The tracker responds to it with a connection id.</summary>
    public static byte[] Connect(uint transactionId) =>
        Header(ProtocolId, UdpTrackerAction.Connect, transactionId, ConnectLength);

    /// <summary>Creates an announce packet.</summary>
    /// <param name="connectionId">Connection id from the response to <see cref="Connect"/>.</param>
    /// <param name="transactionId">Random number that the tracker repeats in its response.</param>
    /// <param name="request">Parameters of the announce.</param>
    /// <param name="tracker">
    /// URL of the tracker. Its path and query are sent as URL data (BEP 41). They are not sent if they are empty, only
    /// <c>/</c>, or longer than <see cref="MaxUrlData"/>.
    /// </param>
    public static byte[] Announce(ulong connectionId, uint transactionId, AnnounceRequest request, Uri tracker)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(tracker);
        byte[] urlData = UrlData(tracker);
        int options = (urlData.Length + MaxOptionLength - 1) / MaxOptionLength;
        int length = AnnounceLength + (2 * options) + urlData.Length;
        byte[] packet = Header(connectionId, UdpTrackerAction.Announce, transactionId, length);
        Span<byte> rest = packet.AsSpan(HeaderLength);
        request.InfoHash.Span.CopyTo(rest);
        request.PeerId.Span.CopyTo(rest[20..]);
        BinaryPrimitives.WriteInt64BigEndian(rest[40..], request.Downloaded);
        BinaryPrimitives.WriteInt64BigEndian(rest[48..], request.Left);
        BinaryPrimitives.WriteInt64BigEndian(rest[56..], request.Uploaded);
        BinaryPrimitives.WriteInt32BigEndian(rest[64..], (int)request.Event);
        // rest[68..72], the IP address to announce, stays 0: the tracker uses the sender's address.
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

    /// <summary>Creates a scrape packet.</summary>
    /// <param name="connectionId">Connection id from the response to <see cref="Connect"/>.</param>
    /// <param name="transactionId">Random number that the tracker repeats in its response.</param>
    /// <param name="torrents">Info hashes of at most <see cref="MaxScrapeTorrents"/> torrents.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// There are more than <see cref="MaxScrapeTorrents"/> torrents.
    /// </exception>
    public static byte[] Scrape(ulong connectionId, uint transactionId, IReadOnlyList<InfoHash> torrents)
    {
        ArgumentNullException.ThrowIfNull(torrents);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(torrents.Count, MaxScrapeTorrents, nameof(torrents));
        int length = HeaderLength + (InfoHash.Length * torrents.Count);
        byte[] packet = Header(connectionId, UdpTrackerAction.Scrape, transactionId, length);
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
