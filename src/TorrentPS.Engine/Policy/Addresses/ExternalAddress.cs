using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>Our own address as peers see it, by majority of what they say (<c>yourip</c>, BEP 10): behind a router we can't know it ourselves.</summary>
internal sealed class ExternalAddress
{
    /// <summary>How many peers' words count, the latest; one address has one vote.</summary>
    public const int MaxVoters = 32;

    /// <summary>How many must agree.</summary>
    public const int Quorum = 2;

    private readonly List<Vote> _votes = [];

    /// <summary>A peer says where it sees us.</summary>
    /// <param name="voter">Who says so.</param>
    /// <param name="address">The address.</param>
    public void OnTold(PeerOrigin voter, IPAddress address)
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

    /// <summary>Our address for talking to a peer, or null when not enough peers agree on one.</summary>
    public IPAddress? For(IPAddress peer) => peer.IsIPv4() ? IPv4 : IPv6;

    /// <summary>The address with the most votes; of equals the one that was named first.</summary>
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
