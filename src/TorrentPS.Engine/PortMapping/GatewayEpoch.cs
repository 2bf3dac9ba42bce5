namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Detects from the epoch in a gateway's responses that the gateway has lost its mappings (RFC 6887, section 8.5).
/// </summary>
internal sealed class GatewayEpoch
{
    /// <summary>
    /// Tolerated difference in seconds between the time that has passed by the gateway's clock and the time by the
    /// local clock (RFC 6887, section 8.5).
    /// </summary>
    private const double Tolerance = 2;

    private uint? _epoch;
    private TimeSpan _receivedAt;

    /// <summary>Stores the epoch of a response.</summary>
    /// <returns>Whether the gateway has lost its mappings since the previous response.</returns>
    public bool Update(uint epoch, TimeSpan now)
    {
        bool isLost = false;
        if (_epoch is { } before)
        {
            double local = (now - _receivedAt).TotalSeconds;
            double remote = (double)epoch - before;
            isLost = remote < -1 || local + Tolerance < remote - (remote / 16) || remote + Tolerance < local - (local / 16);
        }

        (_epoch, _receivedAt) = (epoch, now);
        return isLost;
    }
}
