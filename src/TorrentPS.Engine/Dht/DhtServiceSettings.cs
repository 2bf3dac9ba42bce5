using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Common;

namespace TorrentPS.Engine.Dht;

/// <summary>What a <see cref="DhtService"/> is made with.</summary>
internal sealed record DhtServiceSettings
{
    /// <summary>The only local address to use; null means all, over IPv4 and IPv6.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>The UDP port; when it is taken, or 0, the system chooses.</summary>
    public int Port { get; init; }

    /// <summary>Where to find the first nodes, each <c>host:port</c>, an IPv6 address in brackets.</summary>
    public IReadOnlyList<string> Bootstrap { get; init; } = [];

    /// <summary>The file that keeps known nodes for the next start; null keeps none.</summary>
    public string? TableFile { get; init; }

    /// <summary>How the node itself behaves.</summary>
    public DhtNodeSettings Node { get; init; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>For ids and whatever else is left to chance; used by the loop alone.</summary>
    public Random Random { get; init; } = new SecureRandom();

    /// <summary>Finds the addresses of a host name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } =
        (host, cancellation) => Dns.GetHostAddressesAsync(host, AddressFamily.Unspecified, cancellation);
}
