using System.Net;

namespace TorrentPS.Engine.Policy.Trust;

/// <summary>Records when and why each origin was banned, for display. <see cref="PeerTrust"/> enforces the bans.</summary>
internal sealed class BanList(PeerTrust trust)
{
    private readonly Dictionary<PeerOrigin, PeerBan> _bans = [];

    /// <summary>Records a ban. Origins that are no longer banned are removed when the list is full.</summary>
    /// <param name="origin">The banned origin, which is not a web seed.</param>
    /// <param name="time">Time of the ban.</param>
    /// <param name="reason">What the peer did, as a sentence.</param>
    public void Add(PeerOrigin origin, DateTimeOffset time, string reason)
    {
        if (_bans.Count >= PeerTrust.Capacity)
        {
            foreach (PeerOrigin lifted in _bans.Keys.Where(banned => !IsBanned(banned)).ToArray())
                _bans.Remove(lifted);
        }

        IPEndPoint endPoint = origin.ToEndPoint();
        int? port = IPAddress.IsLoopback(endPoint.Address) ? endPoint.Port : null;
        _bans[origin] = new PeerBan(origin.ToNetwork(), port, time, reason);
    }

    /// <summary>Returns the bans in effect, oldest first.</summary>
    public IReadOnlyList<PeerBan> ToList() =>
        [.. _bans.Where(entry => IsBanned(entry.Key)).Select(entry => entry.Value).OrderBy(ban => ban.Time)];

    /// <summary>Lifts the bans of the origins in a network.</summary>
    /// <returns>Number of lifted bans.</returns>
    public int Unban(IPNetwork network)
    {
        PeerOrigin[] lifted =
        [
            .. _bans.Where(entry => IsBanned(entry.Key) && network.Contains(entry.Value.Network.BaseAddress))
                .Select(entry => entry.Key),
        ];
        foreach (PeerOrigin origin in lifted)
        {
            trust.Unban(origin);
            _bans.Remove(origin);
        }

        return lifted.Length;
    }

    private bool IsBanned(PeerOrigin origin) => trust.LevelOf(origin) == TrustLevel.Banned;
}
