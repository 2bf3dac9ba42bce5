using System.Globalization;
using System.Net;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Discovery;

/// <summary>An announcement to the local network (BEP 14): who listens on a port for which torrents.</summary>
public sealed record LsdMessage
{
    /// <summary>The longest packet read or written, in bytes: what fits one Ethernet frame.</summary>
    public const int MaxLength = 1400;

    /// <summary>The most torrents in one packet: more do not fit.</summary>
    public const int MaxInfoHashes = 24;

    /// <summary>The longest cookie kept, in characters; it only tells senders apart.</summary>
    public const int MaxCookieLength = 64;

    /// <summary>The port of both groups.</summary>
    public const int Port = 6771;

    private const string FirstLine = "BT-SEARCH * HTTP/1.1";

    /// <summary>The group of IPv4: organisation-local.</summary>
    public static IPAddress GroupIPv4 { get; } = IPAddress.Parse("239.192.152.143");

    /// <summary>The group of IPv6: site-local.</summary>
    public static IPAddress GroupIPv6 { get; } = IPAddress.Parse("ff15::efc0:988f");

    /// <summary>The TCP port that the sender listens on.</summary>
    public required ushort PeerPort { get; init; }

    /// <summary>The torrents; at least one, at most <see cref="MaxInfoHashes"/>.</summary>
    public required IReadOnlyList<InfoHash> InfoHashes { get; init; }

    /// <summary>What the sender put in so as to know its own packets again; null when there is none.</summary>
    public string? Cookie { get; init; }

    /// <summary>Reads a packet. Header names are read without regard to case, unknown headers are skipped, lines may end in a bare line feed.</summary>
    /// <returns>The announcement, or null when the packet is none: too long, no port, no info hash.</returns>
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

        return port == 0 || hashes.Count == 0 ? null : new LsdMessage { PeerPort = port, InfoHashes = hashes, Cookie = cookie };
    }

    /// <summary>The packet for a group.</summary>
    /// <param name="group"><see cref="GroupIPv4"/> or <see cref="GroupIPv6"/>.</param>
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
