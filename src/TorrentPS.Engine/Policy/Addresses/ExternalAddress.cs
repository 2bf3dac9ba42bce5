using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Determines this client's external IPv4 and IPv6 address by majority of the addresses that gateways, DHT, trackers
/// (BEP 24) and peers (<c>yourip</c>, BEP 10) report. All torrents of a session share it. Thread-safe.
/// </summary>
/// <remarks>
/// Each reporter has one vote per address family. A single peer or tracker isn't trusted, because it may lie.
/// </remarks>
internal sealed class ExternalAddress
{
    /// <summary>
    /// Maximum number of votes of peers and trackers, for both address families together. A further vote replaces the
    /// oldest one, so that a change of the external address is noticed.
    /// </summary>
    public const int MaxVoters = 32;

    /// <summary>
    /// Minimum weight of the votes for an address to be used. With two, a single peer can't determine the address.
    /// </summary>
    public const int Quorum = 2;

    private readonly Lock _gate = new();
    private readonly List<Vote> _votes = [];
    private volatile ExternalAddressStatus? _ipv4;
    private volatile ExternalAddressStatus? _ipv6;

    /// <summary>Called with an external address when it becomes known or changes.</summary>
    public Action<IPAddress>? Changed { get; set; }

    /// <summary>
    /// The external addresses that are known: at most one IPv4 and one IPv6 address. Addresses that are not global, as
    /// peers in the local network report them, are left out.
    /// </summary>
    public IReadOnlyList<ExternalAddressStatus> Known =>
    [
        .. new[] { _ipv4, _ipv6 }
            .OfType<ExternalAddressStatus>()
            .Where(known => AddressScopes.Of(known.Address) == AddressScope.Global),
    ];

    /// <summary>
    /// Adds the vote of a reporter. It replaces the reporter's earlier vote for the same address family.
    /// </summary>
    /// <param name="source">The kind of the reporter.</param>
    /// <param name="reporter">Identifies the reporter among those of its kind.</param>
    /// <param name="address">
    /// This client's address as the reporter sees it. An address that is not unicast is ignored. A private address that
    /// a gateway reports is ignored, because it belongs to the network of another router.
    /// </param>
    public void AddVote(ExternalAddressSource source, object reporter, IPAddress address)
    {
        IPAddress unmapped = address.Unmap();
        AddressScope scope = AddressScopes.Of(unmapped);
        if (source == ExternalAddressSource.PortMapping ? scope != AddressScope.Global : !scope.IsUnicast())
            return;
        lock (_gate)
        {
            RemoveVotes(source, reporter, unmapped.AddressFamily);
            if (!IsTrusted(source) && _votes.Count(vote => !IsTrusted(vote.Source)) >= MaxVoters)
                _votes.RemoveAt(_votes.FindIndex(vote => !IsTrusted(vote.Source)));
            _votes.Add(new Vote(source, reporter, unmapped));
            Elect();
        }
    }

    /// <summary>Removes the votes of a reporter.</summary>
    public void RemoveVotes(ExternalAddressSource source, object reporter)
    {
        lock (_gate)
        {
            RemoveVotes(source, reporter, AddressFamily.InterNetwork);
            RemoveVotes(source, reporter, AddressFamily.InterNetworkV6);
            Elect();
        }
    }

    /// <summary>
    /// Returns this client's external address in the address family of <paramref name="peer"/>; null while it is
    /// unknown.
    /// </summary>
    public IPAddress? For(IPAddress peer) => (peer.IsIPv4() ? _ipv4 : _ipv6)?.Address;

    private static bool IsTrusted(ExternalAddressSource source) =>
        source is ExternalAddressSource.PortMapping or ExternalAddressSource.Dht;

    /// <summary>
    /// Returns the weight of a vote. The gateway's own word is enough, and so is that of the DHT, for which at least
    /// four nodes agreed.
    /// </summary>
    private static int WeightOf(ExternalAddressSource source) => source switch
    {
        ExternalAddressSource.PortMapping => Quorum,
        ExternalAddressSource.Dht => 2 * Quorum,
        _ => 1,
    };

    private void RemoveVotes(ExternalAddressSource source, object reporter, AddressFamily family) => _votes.RemoveAll(
        vote => vote.Source == source && vote.Reporter.Equals(reporter) && vote.Address.AddressFamily == family);

    private void Elect()
    {
        (ExternalAddressStatus? ipv4, ExternalAddressStatus? ipv6) = (_ipv4, _ipv6);
        _ipv4 = Elect(AddressFamily.InterNetwork);
        _ipv6 = Elect(AddressFamily.InterNetworkV6);
        if (_ipv4 is { } first && !first.Address.Equals(ipv4?.Address))
            Changed?.Invoke(first.Address);
        if (_ipv6 is { } second && !second.Address.Equals(ipv6?.Address))
            Changed?.Invoke(second.Address);
    }

    /// <summary>
    /// Returns the address with the highest weight of votes in a family. On a tie, returns the address with the oldest
    /// vote. Returns null if no address reaches <see cref="Quorum"/>.
    /// </summary>
    private ExternalAddressStatus? Elect(AddressFamily family)
    {
        var best = _votes.Where(vote => vote.Address.AddressFamily == family)
            .GroupBy(vote => vote.Address)
            .Select(votes => (Votes: votes, Weight: votes.Sum(vote => WeightOf(vote.Source))))
            .Where(one => one.Weight >= Quorum)
            .OrderByDescending(one => one.Weight)
            .FirstOrDefault()
            .Votes;
        return best is null
            ? null
            : new ExternalAddressStatus(best.Key, [.. best.Select(vote => vote.Source).Distinct().Order()]);
    }

    private readonly record struct Vote(ExternalAddressSource Source, object Reporter, IPAddress Address);
}
