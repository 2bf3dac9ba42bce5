using System.Net;

namespace TorrentPS.Engine.Trackers;

/// <summary>How trackers are asked.</summary>
internal sealed record TrackerClientOptions
{
    /// <summary>The local address to ask from; null leaves it to the system.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>What HTTP trackers are told that asks.</summary>
    public string UserAgent { get; init; } = "TorrentPS/0.1.0";

    /// <summary>How long a TCP connection may take: long enough for lost packets to be sent twice.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a whole HTTP request may take, redirects included; trackers under load are slow.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often a UDP packet is sent before the tracker counts as gone. BEP 15 would go on for hours; after three times (105 s) the
    /// next tracker gets its turn.
    /// </summary>
    public int UdpTries { get; init; } = 3;

    /// <summary>How long the answer over one address family waits for the other's, when a tracker has addresses of both.</summary>
    public TimeSpan OtherFamilyGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gives the addresses of a host name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = System.Net.Dns.GetHostAddressesAsync;

    /// <summary>The time that timeouts are measured in.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
