using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.PortMapping;

/// <summary>Maps ports by PCP or NAT-PMP: sends requests, repeats them, and renews mappings.</summary>
internal sealed class DatagramMapper(DatagramFormat format, IGatewayLink link, Random random) : ProtocolMapper
{
    /// <summary>
    /// Maximum number of requests to remove a mapping. If all of them are lost, the mapping expires at the gateway.
    /// </summary>
    private const int MaxRemovals = 3;

    /// <summary>Wait before a request to remove a mapping is repeated. It doubles with each repetition.</summary>
    private static readonly TimeSpan s_removalWait = TimeSpan.FromMilliseconds(250);

    private readonly GatewayEpoch _epoch = new();

    /// <summary>Time of the next request for the external address; null while none is needed.</summary>
    private TimeSpan? _addressDue = format.AddressRequest is null ? null : TimeSpan.Zero;
    private int _addressAttempts;

    public override TimeSpan? NextTick
    {
        get
        {
            if (Entries.Count == 0)
                return null;
            TimeSpan next = Entries.Min(entry => entry.Due);
            return _addressDue < next ? _addressDue : next;
        }
    }

    public override void Tick(TimeSpan now)
    {
        foreach (PortEntry entry in Entries.ToArray())
        {
            if (now >= entry.Due)
                OnDue(entry, now);
        }

        if (Entries.Count > 0 && now >= _addressDue)
            RequestAddress(now);
    }

    public override void OnUnreachable()
    {
        if (!Entries.Any(entry => entry.IsMapped))
            Fail("The gateway does not support the protocol.");
    }

    public override void OnDatagram(ReadOnlySpan<byte> packet, TimeSpan now)
    {
        if (format.Read(packet) is not { } answer || FindEntry(answer) is not { } entry && answer.Local is not null)
            return;
        if (answer.Refusal is { } refusal)
        {
            OnRefusal(answer, refusal, now);
            return;
        }

        bool isLost = _epoch.Update(answer.Epoch, now);
        if (answer.ExternalAddress is { } address && AddressScopes.Of(address).IsUnicast())
            (ExternalAddress, _addressDue) = (address, null);
        if (FindEntry(answer) is { } answered)
            OnMapped(answered, answer, now);
        if (isLost)
            RequestLost(answer.Local, now);
    }

    private PortEntry? FindEntry(DatagramAnswer answer) => Entries.FirstOrDefault(
        entry => entry.Local == answer.Local
            && (answer.Nonce.IsEmpty || answer.Nonce.Span.SequenceEqual(entry.Nonce)));

    private void OnDue(PortEntry entry, TimeSpan now)
    {
        if (entry.IsRemoving)
        {
            if (entry.Attempts == MaxRemovals)
            {
                Remove(entry);
                return;
            }

            link.Send(format.Map(entry, 0));
            entry.Due = now + (s_removalWait * (1 << entry.Attempts++));
            return;
        }

        if (entry.IsMapped ? now >= entry.Expires : entry.Attempts >= format.MaxAttempts)
        {
            Refuse(entry, "The gateway does not answer.", now);
            return;
        }

        link.Send(format.Map(entry, Lifetime));
        entry.Attempts++;
        if (!entry.IsMapped)
        {
            entry.Due = now + (format.FirstWait * (1 << (entry.Attempts - 1)));
            return;
        }

        TimeSpan half = (entry.Expires - now) / 2;
        entry.Due = now + (half > MinRenewal ? half : MinRenewal);
    }

    private void RequestAddress(TimeSpan now)
    {
        if (_addressAttempts == format.MaxAttempts)
        {
            _addressDue = null;
            return;
        }

        link.Send(format.AddressRequest!);
        _addressDue = now + (format.FirstWait * (1 << _addressAttempts++));
    }

    private void OnMapped(PortEntry entry, DatagramAnswer answer, TimeSpan now)
    {
        if (entry.IsRemoving)
        {
            if (answer.Lifetime == 0)
                Remove(entry);
            return;
        }

        if (answer.Lifetime == 0 || answer.ExternalPort == 0)
            return;

        // After a renewal, the external address is requested again, because it may have changed.
        if (entry.IsMapped && format.AddressRequest is not null)
            (_addressDue, _addressAttempts) = (now, 0);
        uint lifetime = Math.Min(answer.Lifetime, MaxLifetime);
        entry.SetMapped(answer.ExternalPort, now + TimeSpan.FromSeconds(lifetime), Renewal(lifetime, now), now);
    }

    private void OnRefusal(DatagramAnswer answer, string refusal, TimeSpan now)
    {
        PortEntry[] refused =
        [
            .. Entries.Where(entry => answer.Local is { } local
                ? entry.Local == local
                : answer.RefusedTransport is null || entry.Local.Transport == answer.RefusedTransport),
        ];
        foreach (PortEntry entry in refused)
        {
            if (entry.IsRemoving)
                Remove(entry);
            else if (answer.IsConflict)
                RefuseOrTryAnotherPort(entry, refusal, random, now);
            else
                Refuse(entry, refusal, now);
        }
    }

    /// <summary>
    /// Requests all mappings except that of the answered port again, because the gateway has lost them.
    /// </summary>
    private void RequestLost(LocalPort? answered, TimeSpan now)
    {
        foreach (PortEntry entry in Entries)
        {
            if (entry.Local != answered && !entry.IsRemoving)
                entry.SetLost(now);
        }
    }
}
