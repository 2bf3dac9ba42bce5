using System.Net;

namespace TorrentPS.Engine;

/// <summary>
/// A peer that is no longer connected to a torrent, or a web seed that is no longer used, with the reason and the time.
/// </summary>
public sealed record DisconnectedPeer
{
    /// <summary>
    /// The peer's last status. <see cref="PeerStatus.HashFailed"/> also counts pieces whose hash check failed after the
    /// peer had disconnected.
    /// </summary>
    public required PeerStatus Peer { get; init; }

    /// <summary>Time at which the connection ended, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Why the connection ended.</summary>
    public required DisconnectReason Reason { get; init; }

    /// <summary>Why the connection ended, as a sentence for the user, with details that the reason lacks.</summary>
    public required string Message { get; init; }

    /// <summary>
    /// Whether the torrent now refuses the peer because of wrong data. A peer can be found guilty after it disconnected.
    /// </summary>
    public bool IsBanned { get; init; }
}

/// <summary>
/// An address or network that a torrent refuses because wrong data came from it. <see cref="Torrent.UnbanPeersAsync"/>
/// lifts the ban.
/// </summary>
/// <param name="Network">
/// The banned IPv4 address or IPv6 /64 network. For a loopback address, the ban applies only to the port in
/// <paramref name="Port"/>.
/// </param>
/// <param name="Port">The banned port of a loopback address; null for other addresses.</param>
/// <param name="Time">Time of the ban, in UTC.</param>
/// <param name="Reason">What the peer did, as a sentence for the user.</param>
public sealed record PeerBan(IPNetwork Network, int? Port, DateTimeOffset Time, string Reason);
