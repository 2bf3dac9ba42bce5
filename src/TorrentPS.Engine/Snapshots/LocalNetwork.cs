using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Snapshots;

/// <summary>A local network in which torrents are announced and heard of (BEP 14).</summary>
/// <param name="Interface">The name of the interface that leads there.</param>
/// <param name="LocalAddress">Our address in it: where peers are told to call.</param>
public sealed record LocalNetwork(string Interface, IPAddress LocalAddress)
{
    /// <summary>Whether announcements go over IPv4 or IPv6.</summary>
    public AddressFamily Family => LocalAddress.AddressFamily;

    /// <summary>The interface and the address.</summary>
    public override string ToString() => $"{Interface} ({LocalAddress})";
}
