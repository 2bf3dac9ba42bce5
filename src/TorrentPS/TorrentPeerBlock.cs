using System.Management.Automation;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// Addresses to which no connection is made and from which none is accepted: blocked by the user for all torrents, or
/// banned by one torrent because wrong data came from them.
/// </summary>
public sealed class TorrentPeerBlock
{
    /// <summary>An IP address, or a network such as 203.0.113.0/24.</summary>
    public required string Address { get; init; }

    /// <summary>Name of the torrent that banned the address; null if the user blocked it for all torrents.</summary>
    public string? Torrent { get; init; }

    /// <summary>Why the address is blocked.</summary>
    public required string Reason { get; init; }

    /// <summary>Local time of the ban; null if the user blocked the address.</summary>
    public PSObject? Time { get; init; }

    /// <summary>
    /// Info hash of the torrent in lower-case hexadecimal: the v1 hash, or the v2 hash if the torrent has no v1 hash.
    /// Null if the user blocked the address.
    /// </summary>
    public string? InfoHash { get; init; }

    /// <summary>Returns the address.</summary>
    public override string ToString() => Address;

    internal static TorrentPeerBlock Of(System.Net.IPNetwork network) => new()
    {
        Address = Text(network),
        Reason = "Blocked by the user.",
    };

    internal static TorrentPeerBlock Of(EngineStatus torrent, PeerBan ban) => new()
    {
        Address = ban.Port is { } port
            ? new System.Net.IPEndPoint(ban.Network.BaseAddress, port).ToString()
            : Text(ban.Network),
        Torrent = torrent.Name,
        InfoHash = torrent.InfoHash?.ToString() ?? torrent.InfoHashV2?.ToString(),
        Reason = ban.Reason,
        Time = IsoTime.Of(ban.Time),
    };

    /// <summary>
    /// Returns the text of a network in the form that the user enters. If the network is a single address, the text has
    /// no prefix length.
    /// </summary>
    internal static string Text(System.Net.IPNetwork network) =>
        BlockedNetwork.TryParse(network.BaseAddress.ToString(), out System.Net.IPNetwork alone) && alone == network
        && network.PrefixLength is 32 or 128
            ? network.BaseAddress.ToString()
            : network.ToString();
}
