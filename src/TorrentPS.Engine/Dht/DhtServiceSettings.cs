using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Dht;

internal sealed record DhtServiceSettings
{
    /// <summary>The local address or interface to bind. An address family that it rules out is not used.</summary>
    public NetworkBinding Binding { get; init; } = NetworkBinding.Any;

    /// <summary>The session's IP filter. Packets to and from its addresses are dropped.</summary>
    public AddressFilter Filter { get; init; } = new();

    /// <summary>The UDP port to bind. If it is 0 or cannot be bound, the system chooses a port.</summary>
    public int Port { get; init; }

    /// <summary>The bootstrap nodes as <c>host:port</c>, with IPv6 addresses in brackets.</summary>
    public IReadOnlyList<string> Bootstrap { get; init; } = [];

    /// <summary>Path of the file with the saved routing tables. With null, the tables are not saved.</summary>
    public string? TableFile { get; init; }

    /// <summary>
    /// Called on the DHT loop with this host's external address when the nodes' vote (BEP 42) accepts one; null if it
    /// is not needed.
    /// </summary>
    public Action<IPAddress>? ExternalAddressFound { get; init; }

    public DhtNodeSettings Node { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Generates node ids, transaction ids and tokens. Used only on the DHT loop.</summary>
    public Random Random { get; init; } = new SecureRandom();

    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } =
        (host, cancellation) => Dns.GetHostAddressesAsync(host, AddressFamily.Unspecified, cancellation);
}
