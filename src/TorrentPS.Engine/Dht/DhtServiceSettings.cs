using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Common;

namespace TorrentPS.Engine.Dht;

/// <summary>Settings of a <see cref="DhtService"/>.</summary>
internal sealed record DhtServiceSettings
{
    /// <summary>The only local address to use, or null for all IPv4 and IPv6 addresses.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>The UDP port. If it is 0 or taken, the system chooses one.</summary>
    public int Port { get; init; }

    /// <summary>The bootstrap nodes, each <c>host:port</c> with an IPv6 address in brackets.</summary>
    public IReadOnlyList<string> Bootstrap { get; init; } = [];

    /// <summary>The file that keeps the routing tables between sessions; null to keep none.</summary>
    public string? TableFile { get; init; }

    /// <summary>Settings of the nodes.</summary>
    public DhtNodeSettings Node { get; init; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The source of ids and tokens. Used only on the DHT loop.</summary>
    public Random Random { get; init; } = new SecureRandom();

    /// <summary>Resolves a host name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } =
        (host, cancellation) => Dns.GetHostAddressesAsync(host, AddressFamily.Unspecified, cancellation);
}
