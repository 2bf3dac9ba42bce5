using System.Net;
using TorrentPS.Protocol.PortMapping;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Maps ports by UPnP: searches for the gateway's device description, and sends actions, one at a time.
/// </summary>
internal sealed class UpnpMapper(Gateway gateway, IGatewayLink link, Random random) : ProtocolMapper
{
    /// <summary>Description of the mappings, which gateways show to their users.</summary>
    private const string Description = "TorrentPS";

    /// <summary>
    /// Number of searches that are sent. A single multicast packet is often lost in a wireless network.
    /// </summary>
    private const int MaxSearches = 3;

    /// <summary>
    /// Maximum number of device descriptions that are downloaded. Some gateways have several devices, each with a
    /// description of its own.
    /// </summary>
    private const int MaxDescriptions = 4;

    /// <summary>Maximum number of times that an action is sent if it gets no valid reply.</summary>
    private const int MaxAttempts = 3;

    private static readonly TimeSpan s_searchInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time to wait for responses after the last search: one second more than the delay that the search allows.
    /// </summary>
    private static readonly TimeSpan s_searchTimeout = TimeSpan.FromSeconds(SsdpMessage.MaxDelay + 1);

    /// <summary>Time until an action without a valid reply is repeated.</summary>
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time between renewals of a mapping that doesn't expire. A gateway may lose such a mapping when it restarts.
    /// </summary>
    private static readonly TimeSpan s_permanentRenewal = TimeSpan.FromMinutes(20);

    private readonly HashSet<Uri> _locations = [];
    private UpnpService? _service;
    private bool _isDescribing;
    private int _searches;
    private TimeSpan _searchDue;
    private TimeSpan _addressDue;
    private uint _lifetime = Lifetime;

    /// <summary>
    /// The port that the action whose reply is awaited maps or removes; null if the action requests the external
    /// address.
    /// </summary>
    private PortEntry? _actionPort;
    private bool _isInvoking;

    /// <summary>Whether the action whose reply is awaited removes a mapping.</summary>
    private bool _isRemoval;

    public override TimeSpan? NextTick
    {
        get
        {
            if (Entries.Count == 0 || _isDescribing || _isInvoking)
                return null;
            if (_service is null)
                return _searchDue;
            TimeSpan next = Entries.Min(entry => entry.Due);
            return _addressDue < next ? _addressDue : next;
        }
    }

    public override void Tick(TimeSpan now)
    {
        if (Entries.Count == 0 || _isDescribing || _isInvoking)
            return;
        if (_service is null)
            Search(now);
        else
            InvokeNext(_service, now);
    }

    public override void OnSearchResponse(Uri location)
    {
        if (_service is not null || !IsAtGateway(location) || _locations.Count == MaxDescriptions
            || !_locations.Add(location) || _isDescribing)
            return;
        _isDescribing = true;
        link.Describe(location);
    }

    public override void OnDescription(ReadOnlyMemory<byte>? description, Uri location, TimeSpan now)
    {
        _isDescribing = false;
        if (description is not { } document)
            return;

        // Only URLs at the gateway are used. A description with other URLs could make this client send requests to
        // other hosts.
        _service = UpnpService.ParseDescription(document, location)
            .FirstOrDefault(service => IsAtGateway(service.ControlUrl));
        if (_service is not null)
            InvokeNext(_service, now);
    }

    public override void OnReply(UpnpReply? reply, TimeSpan now)
    {
        _isInvoking = false;
        if (_actionPort is not { } entry)
        {
            if (reply?.ExternalAddress is { } address && AddressScopes.Of(address).IsUnicast())
                ExternalAddress = address;
            _addressDue = now + s_permanentRenewal;
        }
        else if (_isRemoval)
        {
            if (reply is not null || entry.Attempts >= MaxAttempts)
                Remove(entry);
        }
        else if (entry.IsRemoving)
        {
            // The action was sent before the removal of the mapping was requested. The removal is sent next.
            (entry.ExternalPort, entry.Due) = (reply?.ReservedPort ?? entry.ExternalPort, now);
        }
        else
        {
            OnMappingReply(entry, reply, now);
        }

        if (_service is { } service && Failure is null)
            InvokeNext(service, now);
    }

    protected override bool MayBeMapped(PortEntry entry) =>
        base.MayBeMapped(entry) || (_isInvoking && entry == _actionPort);

    private bool IsAtGateway(Uri url) =>
        IPAddress.TryParse(url.IdnHost, out IPAddress? address) && address.Equals(gateway.Address);

    private void Search(TimeSpan now)
    {
        if (now < _searchDue)
            return;
        if (_searches == MaxSearches)
        {
            Fail(_locations.Count == 0
                ? "The gateway does not support the protocol."
                : "The gateway's device description is not valid.");
            return;
        }

        link.Search();
        _searchDue = now + (++_searches == MaxSearches ? s_searchTimeout : s_searchInterval);
    }

    private void InvokeNext(UpnpService service, TimeSpan now)
    {
        if (now >= _addressDue)
        {
            Invoke(null, UpnpAction.GetExternalAddress(service));
            return;
        }

        foreach (PortEntry entry in Entries)
        {
            if (now < entry.Due)
                continue;
            entry.Attempts++;
            entry.Due = now + s_retry;
            Invoke(entry, entry.IsRemoving
                ? UpnpAction.DeleteMapping(service, entry.Local.Transport, entry.ExternalPort)
                : UpnpAction.AddMapping(
                    service,
                    entry.Local.Transport,
                    entry.ExternalPort,
                    new IPEndPoint(gateway.LocalAddress, entry.Local.Port),
                    Description,
                    _lifetime));
            return;
        }
    }

    private void Invoke(PortEntry? entry, UpnpAction action)
    {
        (_isInvoking, _actionPort, _isRemoval) = (true, entry, entry is { IsRemoving: true });
        link.Invoke(action);
    }

    private void OnMappingReply(PortEntry entry, UpnpReply? reply, TimeSpan now)
    {
        switch (reply?.Error)
        {
            case null when reply is not null:
                TimeSpan expires = _lifetime == 0 ? TimeSpan.MaxValue : now + TimeSpan.FromSeconds(_lifetime);
                TimeSpan renewal = _lifetime == 0 ? now + s_permanentRenewal : Renewal(_lifetime, now);
                entry.SetMapped(reply.ReservedPort ?? entry.ExternalPort, expires, renewal, now);
                break;
            case null:
                if (entry.IsMapped ? now >= entry.Expires : entry.Attempts >= MaxAttempts)
                    Refuse(entry, "The gateway does not answer.", now);
                break;
            case UpnpReply.OnlyPermanentLeases when _lifetime != 0:
                _lifetime = 0;
                entry.SetLost(now);
                break;
            case UpnpReply.Conflict or UpnpReply.ConflictWithOtherMechanisms:
                RefuseOrTryAnotherPort(entry, "Another machine uses the external port.", random, now);
                break;
            case UpnpReply.SamePortRequired when entry.ExternalPort != entry.Local.Port:
                Refuse(entry, "Another machine uses the external port.", now);
                break;
            case UpnpReply.NotAuthorized:
                Refuse(entry, "The gateway's settings forbid mappings.", now);
                break;
            default:
                Refuse(entry, $"The gateway refused the mapping (UPnP error {reply.Error}).", now);
                break;
        }
    }
}
