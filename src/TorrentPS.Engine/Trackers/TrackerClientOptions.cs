using System.Net;

namespace TorrentPS.Engine.Trackers;

/// <summary>Settings of the requests to trackers.</summary>
internal sealed record TrackerClientOptions
{
    /// <summary>The local address to send from, or null for any.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>The value of the HTTP <c>User-Agent</c> header.</summary>
    public string UserAgent { get; init; } = "TorrentPS/0.1.0";

    /// <summary>Maximum time for a TCP connection. It leaves time for lost packets to be sent again.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum time for an HTTP request, with its redirects. Trackers under load are slow.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Number of times to send a UDP request before the tracker counts as unreachable. BEP 15 allows nine, which take
    /// more than two hours. Three take 105 seconds; the next tracker is asked then.
    /// </summary>
    public int UdpTries { get; init; } = 3;

    /// <summary>
    /// Time to wait for the response over the second address family after that over the first, for a tracker with IPv4
    /// and IPv6 addresses.
    /// </summary>
    public TimeSpan OtherFamilyGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Resolves a host name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>The clock for timeouts.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
