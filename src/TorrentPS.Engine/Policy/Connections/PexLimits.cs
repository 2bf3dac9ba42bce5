namespace TorrentPS.Engine.Policy.Connections;

/// <summary>Limits how many peer exchange messages (BEP 11) and addresses are accepted from one peer.</summary>
/// <remarks>
/// Messages and addresses beyond the limits are ignored. A peer that repeatedly sends too many messages, or too many
/// added peers in one message, counts as flooding.
/// </remarks>
internal sealed class PexLimits
{
    /// <summary>
    /// Maximum number of added peers accepted from one message. BEP 11 allows 50; some clients send 50 peers of each
    /// address family.
    /// </summary>
    public const int MaxPeersPerMessage = 100;

    /// <summary>
    /// Maximum number of addresses accepted from one peer during its connection. It keeps one peer from filling the
    /// torrent's list of known addresses.
    /// </summary>
    public const int MaxAddresses = 300;

    /// <summary>
    /// Minimum average time between accepted messages. It is less than the minute of BEP 11, because clocks and
    /// timers are inexact.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(50);

    /// <summary>
    /// Maximum number of messages accepted in quick succession. Some clients send two messages when they connect.
    /// </summary>
    public const int Burst = 2;

    /// <summary>
    /// Maximum of a counter that each ignored message raises by one and each accepted message lowers by one, not
    /// below zero. Beyond it the peer counts as flooding.
    /// </summary>
    public const int MaxExcess = 10;

    private double _credit = Burst;
    private TimeSpan _counted;
    private int _excess;

    /// <summary>Whether the peer sends far more than BEP 11 allows and should be disconnected.</summary>
    public bool IsFlood => _excess > MaxExcess;

    /// <summary>Number of addresses that are still accepted from the peer.</summary>
    public int AddressesLeft { get; private set; } = MaxAddresses;

    /// <summary>Counts a received message.</summary>
    /// <param name="now">The time since any fixed moment.</param>
    /// <returns>Whether to accept the message.</returns>
    public bool OnMessage(TimeSpan now)
    {
        _credit = Math.Min(Burst, _credit + ((now - _counted) / Interval));
        _counted = now;
        if (_credit < 1)
        {
            _excess++;
            return false;
        }

        _credit--;
        _excess = Math.Max(0, _excess - 1);
        return true;
    }

    /// <summary>
    /// Returns how many of the added peers in a message to accept. Every further group of up to
    /// <see cref="MaxPeersPerMessage"/> peers counts as one ignored message.
    /// </summary>
    /// <param name="count">The number of added peers in the message.</param>
    public int OnAdded(int count)
    {
        _excess += Math.Max(0, count - 1) / MaxPeersPerMessage;
        return Math.Min(count, MaxPeersPerMessage);
    }

    /// <summary>Counts an address that was accepted.</summary>
    public void OnAccepted() => AddressesLeft--;
}
