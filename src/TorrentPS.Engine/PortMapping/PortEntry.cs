using System.Security.Cryptography;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.PortMapping;

/// <summary>A port of this machine that is to be mapped at each gateway.</summary>
internal readonly record struct LocalPort(MappedTransport Transport, ushort Port);

/// <summary>The state of one port at one gateway.</summary>
internal sealed class PortEntry(LocalPort local)
{
    public LocalPort Local { get; } = local;

    /// <summary>
    /// The mapped port of the gateway. While the port is not mapped, the preferred port of the gateway.
    /// </summary>
    public ushort ExternalPort { get; set; } = local.Port;

    /// <summary>
    /// Identifies the mapping in PCP. It is random, so that other hosts can't guess it and delete the mapping.
    /// </summary>
    public byte[] Nonce { get; } = RandomNumberGenerator.GetBytes(PcpMapRequest.NonceLength);

    public bool IsMapped { get; private set; }

    /// <summary>Whether the mapping is being removed at the gateway.</summary>
    public bool IsRemoving { get; set; }

    /// <summary>Time at which the next request is sent.</summary>
    public TimeSpan Due { get; set; }

    /// <summary>Time at which the gateway removes the mapping if it is not renewed.</summary>
    public TimeSpan Expires { get; private set; }

    /// <summary>Time at which the port was mapped. Renewals don't change it.</summary>
    public TimeSpan MappedAt { get; private set; }

    /// <summary>Number of requests sent since the last response.</summary>
    public int Attempts { get; set; }

    /// <summary>Number of external ports that the gateway refused because another machine uses them.</summary>
    public int Conflicts { get; set; }

    /// <summary>
    /// Why the port is not mapped; null while the port is mapped or the gateway's response is awaited.
    /// </summary>
    public string? Failure { get; private set; }

    /// <summary>Records that the gateway has mapped the port or renewed the mapping.</summary>
    /// <param name="externalPort">The mapped port of the gateway.</param>
    /// <param name="expires">Time at which the mapping ends.</param>
    /// <param name="renewal">Time of the renewal.</param>
    /// <param name="now">The current time.</param>
    public void SetMapped(ushort externalPort, TimeSpan expires, TimeSpan renewal, TimeSpan now)
    {
        if (!IsMapped)
            MappedAt = now;
        (ExternalPort, Expires, Due) = (externalPort, expires, renewal);
        (IsMapped, Attempts, Conflicts, Failure) = (true, 0, 0, null);
    }

    /// <summary>Records why the port is not mapped, and when to request it again.</summary>
    public void SetFailed(string reason, TimeSpan retry)
    {
        (IsMapped, Attempts, Conflicts, Failure, Due) = (false, 0, 0, reason, retry);
        ExternalPort = Local.Port;
    }

    /// <summary>Records that the port is not mapped at the gateway, and that it is requested again at once.</summary>
    public void SetLost(TimeSpan now) => (IsMapped, Attempts, Due) = (false, 0, now);
}
