using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Common;

namespace TorrentPS.Engine.Dht;

/// <summary>Settings of a <see cref="DhtService"/>.</summary>
internal sealed record DhtServiceSettings
{
    /// <summary>
    /// The local address to bind; only its address family is then used. With null, all local addresses of both families
    /// are bound.
    /// </summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>The UDP port to bind. If it is 0 or cannot be bound, the system chooses a port.</summary>
    public int Port { get; init; }

    /// <summary>The bootstrap nodes, each <c>host:port</c> with an IPv6 address in brackets.</summary>
    public IReadOnlyList<string> Bootstrap { get; init; } = [];

    /// <summary>
    /// Path of the file in which the routing tables are kept between sessions. With null, they are not saved.
    /// </summary>
    public string? TableFile { get; init; }

    /// <summary>Settings and limits of the DHT node of each address family.</summary>
    public DhtNodeSettings Node { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Generates node ids, transaction ids and tokens. Used only on the DHT loop.</summary>
    public Random Random { get; init; } = new SecureRandom();

    /// <summary>Resolves a host name to its IPv4 and IPv6 addresses.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } =
        (host, cancellation) => Dns.GetHostAddressesAsync(host, AddressFamily.Unspecified, cancellation);
}
