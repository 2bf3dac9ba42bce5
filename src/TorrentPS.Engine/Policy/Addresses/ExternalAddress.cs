using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Determines this client's external IPv4 and IPv6 address by majority of the addresses that peers report
/// (<c>yourip</c>, BEP 10).
/// </summary>
/// <remarks>
/// Each peer has one vote per address family. A single report isn't trusted, because the peer may lie.
/// </remarks>
internal sealed class ExternalAddress
{
    /// <summary>
    /// Maximum number of votes, for both address families together. A further vote replaces the oldest one, so that a
    /// change of the external address is noticed.
    /// </summary>
    public const int MaxVoters = 32;

    /// <summary>
    /// Minimum number of votes for an address to be used. With two, a single peer can't determine the address.
    /// </summary>
    public const int Quorum = 2;

    private readonly List<Vote> _votes = [];

    /// <summary>Adds the vote of a peer. It replaces the peer's earlier vote for the same address family.</summary>
    /// <param name="voter">The origin of the peer that reports the address.</param>
    /// <param name="address">
    /// This client's address as the peer sees it. An address that is not unicast is ignored.
    /// </param>
    public void AddVote(PeerOrigin voter, IPAddress address)
    {
        IPAddress unmapped = address.Unmap();
        if (!AddressScopes.Of(unmapped).IsUnicast())
            return;
        _votes.RemoveAll(vote => vote.Voter == voter && vote.Address.AddressFamily == unmapped.AddressFamily);
        if (_votes.Count >= MaxVoters)
            _votes.RemoveAt(0);
        _votes.Add(new Vote(voter, unmapped));
        (IPv4, IPv6) = (Elect(AddressFamily.InterNetwork), Elect(AddressFamily.InterNetworkV6));
    }

    private IPAddress? IPv4 { get; set; }

    private IPAddress? IPv6 { get; set; }

    /// <summary>
    /// Returns this client's external address in the address family of <paramref name="peer"/>; null while it is
    /// unknown.
    /// </summary>
    public IPAddress? For(IPAddress peer) => peer.IsIPv4() ? IPv4 : IPv6;

    /// <summary>
    /// Returns the address with the most votes in a family. On a tie, returns the address with the oldest vote. Returns
    /// null if no address has <see cref="Quorum"/> votes.
    /// </summary>
    private IPAddress? Elect(AddressFamily family)
    {
        IPAddress? best = null;
        int most = Quorum - 1;
        foreach (Vote vote in _votes)
        {
            if (vote.Address.AddressFamily != family)
                continue;
            int votes = _votes.Count(other => other.Address.Equals(vote.Address));
            if (votes > most)
                (best, most) = (vote.Address, votes);
        }

        return best;
    }

    private readonly record struct Vote(PeerOrigin Voter, IPAddress Address);
}
