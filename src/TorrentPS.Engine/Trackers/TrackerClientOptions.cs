using System.Net;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Trackers;

internal sealed record TrackerClientOptions
{
    /// <summary>The local address to send from.</summary>
    public NetworkBinding Binding { get; init; } = NetworkBinding.Any;

    /// <summary>The session's IP filter. Trackers at its addresses are not contacted.</summary>
    public AddressFilter Filter { get; init; } = new();

    /// <summary>
    /// Maximum time to establish a TCP connection. It leaves time for retransmissions of lost packets.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum time for an HTTP request and its redirects. Trackers under load respond slowly.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Number of UDP packets without a response after which a request fails. BEP 15 allows nine packets, which take
    /// more than two hours. Three packets take 105 seconds.
    /// </summary>
    public int UdpTries { get; init; } = 3;

    /// <summary>
    /// Maximum time between the first and the second response of a UDP tracker with an IPv4 and an IPv6 address. One
    /// request is sent to each address. A second response that arrives later is ignored.
    /// </summary>
    public TimeSpan OtherFamilyGrace { get; init; } = TimeSpan.FromSeconds(1);

    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
