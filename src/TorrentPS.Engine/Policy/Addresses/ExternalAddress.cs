using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Determines this client's external IP addresses by majority of what peers report (<c>yourip</c>, BEP 10).
/// </summary>
/// <remarks>
/// Each peer has one vote for each address family. A single report isn't trusted, because a peer can lie.
/// </remarks>
internal sealed class ExternalAddress
{
    /// <summary>
    /// Maximum number of votes kept, for both address families together. Beyond it the oldest vote is dropped, so
    /// that a changed address is noticed.
    /// </summary>
    public const int MaxVoters = 32;

    /// <summary>Minimum number of votes for an address. With two, one peer alone can't set the address.</summary>
    public const int Quorum = 2;

    private readonly List<Vote> _votes = [];

    /// <summary>Adds the vote of a peer, in place of the peer's earlier vote for the same address family.</summary>
    /// <param name="voter">The origin of the peer that reports the address.</param>
    /// <param name="address">
    /// The reported address of this client. The unspecified addresses 0.0.0.0 and :: are ignored.
    /// </param>
    public void AddVote(PeerOrigin voter, IPAddress address)
    {
        IPAddress plain = address.Unmap();
        if (plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.IPv6Any))
            return;
        _votes.RemoveAll(vote => vote.Voter == voter && vote.Address.AddressFamily == plain.AddressFamily);
        if (_votes.Count >= MaxVoters)
            _votes.RemoveAt(0);
        _votes.Add(new Vote(voter, plain));
        (IPv4, IPv6) = (Elect(AddressFamily.InterNetwork), Elect(AddressFamily.InterNetworkV6));
    }

    private IPAddress? IPv4 { get; set; }

    private IPAddress? IPv6 { get; set; }

    /// <summary>
    /// Returns this client's external address of the same family as a peer's address, or null while it isn't known.
    /// </summary>
    public IPAddress? For(IPAddress peer) => peer.IsIPv4() ? IPv4 : IPv6;

    /// <summary>
    /// Returns the address with the most votes; on a tie, the one with the oldest vote. Returns null if no address
    /// has <see cref="Quorum"/> votes.
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
