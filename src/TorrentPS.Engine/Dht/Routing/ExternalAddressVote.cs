using System.Net.Sockets;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>Finds the address by which others see us from what they say in <c>ip</c> (BEP 42): no single node is believed.</summary>
internal sealed class ExternalAddressVote(AddressFamily family)
{
    /// <summary>The last so many voters count, so that a new address is noticed.</summary>
    private const int Voters = 16;

    /// <summary>So many must agree, and more than half of all.</summary>
    private const int Quorum = 4;

    private readonly List<(NodeAddress Voter, NodeAddress Address)> _votes = new(Voters);

    /// <summary>The address, with port 0; null before enough agreed.</summary>
    public NodeAddress? Address { get; private set; }

    /// <summary>A node that answered us says where it sees us.</summary>
    /// <param name="from">The node; one network has one vote.</param>
    /// <param name="compact">The address, with or without a port.</param>
    /// <returns>Whether <see cref="Address"/> changed.</returns>
    public bool Add(NodeAddress from, ReadOnlySpan<byte> compact)
    {
        Span<byte> padded = stackalloc byte[NodeAddress.IPv6Length];
        padded.Clear();
        if (compact.Length > padded.Length)
            return false;
        compact.CopyTo(padded);
        int length = compact.Length is 4 or 16 ? compact.Length + sizeof(ushort) : compact.Length;
        if (!NodeAddress.TryRead(padded[..length], out NodeAddress address) || !address.Is(family) || !address.WithPort(1).IsUsable)
            return false;

        address = address.Host;
        NodeAddress voter = from.IsPublic ? from.Network : from;
        _votes.RemoveAll(vote => vote.Voter == voter);
        if (_votes.Count == Voters)
            _votes.RemoveAt(0);
        _votes.Add((voter, address));
        int agreeing = _votes.Count(vote => vote.Address == address);
        if (agreeing < Quorum || agreeing * 2 <= _votes.Count || Address == address)
            return false;
        Address = address;
        return true;
    }
}
