using System.Net.Sockets;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>
/// Determines this host's external address from the key <c>ip</c> of responses (BEP 42). Several nodes must report the
/// same address, so that no single node can decide the result.
/// </summary>
internal sealed class ExternalAddressVote(AddressFamily family)
{
    /// <summary>
    /// Maximum number of counted votes. A further vote replaces the oldest one, so that a change of the address is
    /// noticed.
    /// </summary>
    private const int MaxVoters = 16;

    /// <summary>
    /// Minimum number of votes for an address to be accepted. Four nodes in different networks rarely report the same
    /// wrong address. The address also needs more than half of all counted votes.
    /// </summary>
    private const int Quorum = 4;

    private readonly List<(NodeAddress Voter, NodeAddress Address)> _votes = new(MaxVoters);

    /// <summary>The accepted external address, with port 0. It is null until an address is accepted.</summary>
    public NodeAddress? Address { get; private set; }

    /// <summary>
    /// Counts the address that a responding node reports for this host as a vote. Only the latest vote from each
    /// network counts. Ignores malformed addresses, addresses that are not unicast, and addresses of the other address
    /// family. <paramref name="compact"/> is the address in compact form, with or without a port.
    /// </summary>
    /// <returns>Whether <see cref="Address"/> changed.</returns>
    public bool Add(NodeAddress from, ReadOnlySpan<byte> compact)
    {
        Span<byte> padded = stackalloc byte[NodeAddress.IPv6Length];
        padded.Clear();
        if (compact.Length > padded.Length)
            return false;
        compact.CopyTo(padded);
        int length = compact.Length is 4 or 16 ? compact.Length + sizeof(ushort) : compact.Length;
        if (!NodeAddress.TryRead(padded[..length], out NodeAddress address) || !address.IsOfFamily(family)
            || !address.WithPort(1).IsUsable)
            return false;

        address = address.Host;
        NodeAddress voter = from.IsPublic ? from.Network : from;
        _votes.RemoveAll(vote => vote.Voter == voter);
        if (_votes.Count == MaxVoters)
            _votes.RemoveAt(0);
        _votes.Add((voter, address));
        int agreeing = _votes.Count(vote => vote.Address == address);
        if (agreeing < Quorum || agreeing * 2 <= _votes.Count || Address == address)
            return false;
        Address = address;
        return true;
    }
}
