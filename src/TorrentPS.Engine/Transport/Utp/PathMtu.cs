namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// Searches for the longest packet that the path carries, with probes: packets that routers must not fragment (RFC
/// 4821). Lengths are those of UDP payloads in bytes.
/// </summary>
internal sealed class PathMtu
{
    /// <summary>
    /// Length of packets before the search: 1280 bytes, which every IPv6 link carries, minus the headers of IPv6 and
    /// UDP. Over IPv4, routers may fragment these packets.
    /// </summary>
    public const int MinLength = 1280 - 40 - 8;

    /// <summary>The longest packet over IPv4 on Ethernet: 1500 bytes minus the headers of IPv4 and UDP.</summary>
    public const int MaxLength = 1500 - 20 - 8;

    /// <summary>The longest packet over IPv6 on Ethernet.</summary>
    public const int MaxLengthIPv6 = 1500 - 40 - 8;

    /// <summary>Width in bytes of the search interval at which the search ends: about 1 % of a packet.</summary>
    private const int Precision = 16;

    private int _ceiling;
    private bool _isFirst = true;

    /// <param name="maximum">The longest packet to try.</param>
    public PathMtu(int maximum) => _ceiling = maximum;

    /// <summary>The longest packet that is known to arrive.</summary>
    public int Length { get; private set; } = MinLength;

    /// <summary>
    /// Length of the next probe; 0 when the search has ended. Most paths carry the longest packet, so it is tried
    /// first.
    /// </summary>
    public int NextProbe => _ceiling - Length < Precision
        ? 0
        : _isFirst ? _ceiling : Length + ((_ceiling - Length + 1) / 2);

    public void OnArrived(int length)
    {
        Length = Math.Clamp(length, Length, _ceiling);
        _isFirst = false;
    }

    public void OnLost(int length)
    {
        _ceiling = Math.Max(Length, Math.Min(_ceiling, length - 1));
        _isFirst = false;
    }
}
