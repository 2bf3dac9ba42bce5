using System.Net;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Maps ports at one gateway by one protocol. It uses no socket and no clock: the caller passes answers and the current
/// time to it.
/// </summary>
internal abstract class ProtocolMapper
{
    /// <summary>
    /// Requested lifetime of a mapping in seconds. RFC 6886 recommends two hours. After that time, the gateway removes
    /// a mapping that was not renewed.
    /// </summary>
    public const uint Lifetime = 7200;

    /// <summary>
    /// Maximum lifetime of a mapping in seconds, one day. A longer lifetime granted by a gateway is treated as one day.
    /// The gateway's answers to renewals then show whether it has lost the mappings.
    /// </summary>
    protected const uint MaxLifetime = 24 * 60 * 60;

    /// <summary>
    /// Maximum number of external ports that are tried if other machines use them. A random port is free in most
    /// networks.
    /// </summary>
    protected const int MaxConflicts = 4;

    /// <summary>Lowest external port that is chosen at random. Lower ports are reserved for services.</summary>
    private const int FirstRandomPort = 1024;

    /// <summary>
    /// Minimum time between a mapping and its renewal (RFC 6887, section 11.2.1), even if the lifetime is shorter.
    /// </summary>
    protected static readonly TimeSpan MinRenewal = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Time after which a refused port is requested again. The reason of a refusal, such as a setting of the gateway,
    /// rarely changes sooner.
    /// </summary>
    protected static readonly TimeSpan RetryAfterRefusal = TimeSpan.FromMinutes(30);

    private readonly List<PortEntry> _entries = [];

    public IReadOnlyList<PortEntry> Entries => _entries;

    /// <summary>The gateway's external address; null while it is not known.</summary>
    public IPAddress? ExternalAddress { get; protected set; }

    /// <summary>
    /// Why no port can be mapped by this protocol; null while a port is mapped or an answer may arrive.
    /// </summary>
    public string? Failure { get; private set; }

    /// <summary>Time of the next <see cref="Tick"/>; null if none is needed.</summary>
    public abstract TimeSpan? NextTick { get; }

    /// <summary>Sends the requests that are due.</summary>
    public abstract void Tick(TimeSpan now);

    /// <summary>Handles a packet from the gateway's PCP and NAT-PMP port.</summary>
    public virtual void OnDatagram(ReadOnlySpan<byte> packet, TimeSpan now)
    {
    }

    /// <summary>Called when the gateway has reported that its PCP and NAT-PMP port is closed.</summary>
    public virtual void OnUnreachable()
    {
    }

    /// <summary>Handles a response to <see cref="IGatewayLink.Search"/>.</summary>
    public virtual void OnSearchResponse(Uri location)
    {
    }

    /// <summary>Handles the answer to <see cref="IGatewayLink.Describe"/>.</summary>
    /// <param name="description">The device description; null if it could not be downloaded.</param>
    /// <param name="location">The URL of the device description.</param>
    /// <param name="now">The current time.</param>
    public virtual void OnDescription(ReadOnlyMemory<byte>? description, Uri location, TimeSpan now)
    {
    }

    /// <summary>Handles the answer to <see cref="IGatewayLink.Invoke"/>.</summary>
    /// <param name="reply">The reply; null if the gateway sent no valid reply.</param>
    /// <param name="now">The current time.</param>
    public virtual void OnReply(UpnpReply? reply, TimeSpan now)
    {
    }

    /// <summary>Maps the given ports, and removes the mappings of all other ports.</summary>
    public void Use(IReadOnlyList<LocalPort> ports, TimeSpan now)
    {
        foreach (PortEntry entry in _entries.ToArray())
        {
            if (entry.IsRemoving || ports.Contains(entry.Local))
                continue;
            if (MayBeMapped(entry))
                (entry.IsRemoving, entry.Attempts, entry.Due) = (true, 0, now);
            else
                _entries.Remove(entry);
        }

        foreach (LocalPort port in ports)
        {
            if (!_entries.Exists(entry => entry.Local == port && !entry.IsRemoving))
                _entries.Add(new PortEntry(port) { Due = now });
        }
    }

    /// <summary>Returns whether the gateway may have a mapping that must be removed.</summary>
    protected virtual bool MayBeMapped(PortEntry entry) => entry.IsMapped;

    protected void Remove(PortEntry entry) => _entries.Remove(entry);

    protected void Fail(string reason) => Failure = reason;

    /// <summary>
    /// Records that a port is not mapped. If no other port is mapped or requested, the protocol has failed.
    /// </summary>
    protected void Refuse(PortEntry entry, string reason, TimeSpan now)
    {
        entry.SetFailed(reason, now + RetryAfterRefusal);
        if (_entries.TrueForAll(one => one.Failure is not null))
            Fail(reason);
    }

    protected void RefuseOrTryAnotherPort(PortEntry entry, string reason, Random random, TimeSpan now)
    {
        if (++entry.Conflicts >= MaxConflicts)
        {
            Refuse(entry, reason, now);
            return;
        }

        entry.ExternalPort = (ushort)random.Next(FirstRandomPort, ushort.MaxValue + 1);
        entry.SetLost(now);
    }

    protected static TimeSpan Renewal(uint lifetime, TimeSpan now)
    {
        TimeSpan half = TimeSpan.FromSeconds(lifetime) / 2;
        return now + (half > MinRenewal ? half : MinRenewal);
    }
}
