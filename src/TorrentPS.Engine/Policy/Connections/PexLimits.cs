using System.Net;

namespace TorrentPS.Engine.Policy.Connections;

/// <summary>Limits how many peer exchange messages (BEP 11) and addresses are accepted from one peer.</summary>
/// <remarks>
/// Messages beyond the limits are ignored, and new addresses replace the oldest ones. A peer floods if it repeatedly
/// sends too many messages, or messages with too many added peers.
/// </remarks>
internal sealed class PexLimits
{
    /// <summary>
    /// Maximum number of added peers accepted from one message. BEP 11 allows 50, but some clients send 50 of each
    /// address family.
    /// </summary>
    public const int MaxPeersPerMessage = 100;

    /// <summary>
    /// Maximum number of one peer's addresses in the torrent's list of known addresses. The limit keeps one peer from
    /// filling that list. A peer in a large swarm sends 50 addresses per minute for hours, so a new address replaces
    /// the oldest one.
    /// </summary>
    public const int MaxAddresses = 300;

    /// <summary>
    /// Minimum average time between accepted messages. It is shorter than the minute of BEP 11, because clocks and
    /// timers are inexact.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(50);

    /// <summary>
    /// Maximum number of messages accepted in quick succession from a new peer. Some clients send two messages when
    /// they connect.
    /// </summary>
    public const int Burst = 2;

    /// <summary>
    /// Maximum number of messages accepted in quick succession after a time without messages. If this client reads
    /// nothing for an hour, for example while it is suspended, the messages of that hour arrive together.
    /// </summary>
    public const int MaxBurst = 60;

    /// <summary>
    /// Maximum number of excess messages before the peer counts as flooding. A message that comes too soon adds one to
    /// the number, and an accepted message subtracts one. The maximum tolerates a peer that sends several messages at
    /// once after a pause.
    /// </summary>
    public const int MaxExcess = 10;

    private readonly List<IPEndPoint> _addresses = [];
    private double _credit = Burst;
    private TimeSpan _countedAt;
    private int _excess;

    /// <summary>Whether the peer sends far more than BEP 11 allows. Its connection should then be closed.</summary>
    public bool IsFlood => _excess > MaxExcess;

    /// <summary>Counts a received message.</summary>
    /// <param name="now">The time since any fixed moment.</param>
    /// <returns>Whether to accept the message.</returns>
    public bool OnMessage(TimeSpan now)
    {
        _credit = Math.Min(MaxBurst, _credit + ((now - _countedAt) / Interval));
        _countedAt = now;
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
    /// Returns how many of the added peers in a message to accept, at most <see cref="MaxPeersPerMessage"/>. If the
    /// message has more, one excess message is counted for every <see cref="MaxPeersPerMessage"/> peers beyond that
    /// maximum, rounded up.
    /// </summary>
    /// <param name="count">The number of added peers in the message.</param>
    public int OnAdded(int count)
    {
        _excess += Math.Max(0, count - 1) / MaxPeersPerMessage;
        return Math.Min(count, MaxPeersPerMessage);
    }

    /// <summary>
    /// Records an address that was added to the list of known addresses. If the peer then has more than
    /// <see cref="MaxAddresses"/> addresses in that list, removes the oldest one that can be removed.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="tryForget">
    /// Removes an address from the list of known addresses. Returns false if the address must stay because it is in
    /// use. Must return true for <paramref name="address"/>.
    /// </param>
    public void OnAddressAdded(IPEndPoint address, Predicate<IPEndPoint> tryForget)
    {
        _addresses.Add(address);
        if (_addresses.Count > MaxAddresses)
            _addresses.RemoveAt(_addresses.FindIndex(tryForget));
    }
}
