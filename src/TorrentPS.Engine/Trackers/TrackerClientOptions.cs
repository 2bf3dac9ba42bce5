using System.Net;

namespace TorrentPS.Engine.Trackers;

/// <summary>Settings of the requests to trackers.</summary>
internal sealed record TrackerClientOptions
{
    /// <summary>The local address to send from, or null for any.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>The value of the HTTP <c>User-Agent</c> header.</summary>
    public string UserAgent { get; init; } = "TorrentPS/0.1.0";

    /// <summary>
    /// Maximum time to establish a TCP connection. It leaves time for retransmissions of lost packets.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum time for an HTTP request and its redirects. Trackers under load respond slowly.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Number of UDP packets without a response before the tracker counts as unreachable. BEP 15 allows nine packets,
    /// which take more than two hours. Three packets take 105 seconds.
    /// </summary>
    public int UdpTries { get; init; } = 3;

    /// <summary>
    /// Maximum time to wait for a UDP tracker's second response after its first response. A tracker with IPv4 and IPv6
    /// addresses is sent one request over IPv4 and one over IPv6.
    /// </summary>
    public TimeSpan OtherFamilyGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Resolves a host name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>The clock for timeouts.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
