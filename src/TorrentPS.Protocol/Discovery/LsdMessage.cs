using System.Globalization;
using System.Net;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Discovery;

/// <summary>
/// A local service discovery announcement (BEP 14): the sender's listen port and the info hashes of its torrents.
/// </summary>
public sealed record LsdMessage
{
    /// <summary>
    /// Maximum length of a packet in bytes. Longer packets are not parsed. BEP 14 sets this limit to avoid
    /// fragmentation.
    /// </summary>
    public const int MaxLength = 1400;

    /// <summary>
    /// Maximum number of info hashes kept from one packet. Further info hashes are ignored. A packet of
    /// <see cref="MaxLength"/> bytes with a cookie of <see cref="MaxCookieLength"/> characters has room for 24.
    /// </summary>
    public const int MaxInfoHashes = 24;

    /// <summary>
    /// Maximum length of a cookie in characters. A longer cookie is ignored. Clients send about 8 characters.
    /// </summary>
    public const int MaxCookieLength = 64;

    /// <summary>UDP port of the multicast groups <see cref="GroupIPv4"/> and <see cref="GroupIPv6"/>.</summary>
    public const int Port = 6771;

    private const string FirstLine = "BT-SEARCH * HTTP/1.1";

    /// <summary>Multicast group for IPv4, of organisation-local scope.</summary>
    public static IPAddress GroupIPv4 { get; } = IPAddress.Parse("239.192.152.143");

    /// <summary>Multicast group for IPv6, of site-local scope.</summary>
    public static IPAddress GroupIPv6 { get; } = IPAddress.Parse("ff15::efc0:988f");

    /// <summary>TCP port on which the sender accepts connections from peers.</summary>
    public required ushort PeerPort { get; init; }

    /// <summary>
    /// Info hashes of the sender's torrents. A parsed packet has from 1 to <see cref="MaxInfoHashes"/> of them.
    /// <see cref="Encode"/> does not check the number.
    /// </summary>
    public required IReadOnlyList<InfoHash> InfoHashes { get; init; }

    /// <summary>
    /// Text by which the sender recognises its own packets, which multicast delivers to the sender too. It is null if
    /// the packet has none.
    /// </summary>
    public string? Cookie { get; init; }

    /// <summary>
    /// Parses an announcement. Header names are case-insensitive and unknown headers are ignored. Lines may end with a
    /// line feed alone.
    /// </summary>
    /// <returns>
    /// The announcement, or null if the packet is longer than <see cref="MaxLength"/>, is malformed, has no valid port,
    /// or has no valid info hash.
    /// </returns>
    public static LsdMessage? TryParse(ReadOnlySpan<byte> packet)
    {
        if (packet.Length > MaxLength)
            return null;
        string[] lines = Encoding.Latin1.GetString(packet).Split('\n');
        if (!lines[0].TrimEnd('\r').Equals(FirstLine, StringComparison.OrdinalIgnoreCase))
            return null;
        ushort port = 0;
        string? cookie = null;
        var hashes = new List<InfoHash>();
        foreach (string line in lines.Skip(1).Select(line => line.TrimEnd('\r')).TakeWhile(line => line.Length > 0))
        {
            int colon = line.IndexOf(':');
            if (colon < 0)
                return null;
            string value = line[(colon + 1)..].Trim();
            switch (line[..colon].Trim().ToUpperInvariant())
            {
                case "PORT":
                    _ = ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out port);
                    break;
                case "INFOHASH" when hashes.Count < MaxInfoHashes && InfoHash.TryParse(value, out InfoHash hash):
                    hashes.Add(hash);
                    break;
                case "COOKIE" when value.Length <= MaxCookieLength:
                    cookie = value;
                    break;
            }
        }

        return port == 0 || hashes.Count == 0
            ? null
            : new LsdMessage { PeerPort = port, InfoHashes = hashes, Cookie = cookie };
    }

    /// <summary>Encodes the announcement as a packet for one of the multicast groups.</summary>
    /// <param name="group">
    /// The multicast group, <see cref="GroupIPv4"/> or <see cref="GroupIPv6"/>. The <c>Host</c> header contains its
    /// address and port.
    /// </param>
    public byte[] Encode(IPAddress group)
    {
        ArgumentNullException.ThrowIfNull(group);
        var text = new StringBuilder();
        text.Append(FirstLine).Append("\r\n");
        text.Append("Host: ").Append(new IPEndPoint(group, Port)).Append("\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Port: {PeerPort}\r\n");
        foreach (InfoHash hash in InfoHashes)
            text.Append("Infohash: ").Append(hash).Append("\r\n");
        if (Cookie is not null)
            text.Append("cookie: ").Append(Cookie).Append("\r\n");
        text.Append("\r\n\r\n");
        return Encoding.Latin1.GetBytes(text.ToString());
    }
}
