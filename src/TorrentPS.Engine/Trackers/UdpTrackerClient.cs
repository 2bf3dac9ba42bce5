using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Sends requests to UDP trackers (BEP 15, BEP 41). If a tracker has an IPv4 and an IPv6 address, one request is sent
/// to each address.
/// </summary>
internal sealed class UdpTrackerClient(TrackerClientOptions options) : ITrackerClient
{
    private readonly UdpConnectionIds _connections = new(options.Time);

    public async Task<AnnounceResponse> AnnounceAsync(
        Uri tracker, AnnounceRequest request, CancellationToken cancellation)
    {
        IPEndPoint[] targets = await ResolveAsync(tracker, cancellation);
        var responses = await RequestAllAsync(targets, (target, token) => ExchangeFor(tracker, target).RequestAsync(
            (connection, transaction) => UdpTrackerRequest.Announce(connection, transaction, request, tracker),
            packet => TrackerPeers.Filter(
                UdpTrackerResponse.ReadAnnounce(packet, target.AddressFamily), AddressScopes.Of(target.Address)),
            token), cancellation);
        IPEndPoint[] peers = [.. responses.SelectMany(a => a.Peers).Distinct().Take(AnnounceResponse.MaxPeers)];
        return responses[0] with { Peers = peers };
    }

    public async Task<ScrapeResponse> ScrapeAsync(
        Uri tracker, IReadOnlyList<InfoHash> torrents, CancellationToken cancellation)
    {
        IPEndPoint[] targets = await ResolveAsync(tracker, cancellation);
        var counts = new Dictionary<InfoHash, ScrapeCounts>();
        foreach (InfoHash[] chunk in torrents.Chunk(UdpTrackerRequest.MaxScrapeTorrents))
        {
            var responses = await RequestAllAsync(targets, (target, token) => ExchangeFor(tracker, target).RequestAsync(
                (connection, transaction) => UdpTrackerRequest.Scrape(connection, transaction, chunk),
                packet => UdpTrackerResponse.ReadScrape(packet, chunk),
                token), cancellation);
            foreach ((InfoHash torrent, ScrapeCounts count) in responses[0].Torrents)
                counts[torrent] = count;
        }

        return new ScrapeResponse(counts);
    }

    private UdpExchange ExchangeFor(Uri tracker, IPEndPoint target) => new(tracker, target, options, _connections);

    /// <summary>
    /// Resolves the tracker's host name to one address of each address family. If a bind address is set, other families
    /// are left out. If requests were sent to two addresses of a family, the tracker would count this client twice.
    /// </summary>
    private async Task<IPEndPoint[]> ResolveAsync(Uri tracker, CancellationToken cancellation)
    {
        if (tracker.Port <= 0)
            throw new TrackerException(
                TrackerErrorKind.BadUrl, tracker, "The tracker's URL has no port, which udp requires.");
        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(tracker.DnsSafeHost, out IPAddress? literal)
                ? [literal]
                : await options.Resolve(tracker.DnsSafeHost, cancellation);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new TrackerException(
                TrackerErrorKind.HostNotFound,
                tracker,
                $"The host name '{tracker.Host}' can't be resolved: {e.Message}",
                e);
        }

        IPEndPoint[] targets =
        [
            .. addresses
                .Where(a => options.Binding.Allows(a.AddressFamily) && AddressScopes.Of(a).IsUnicast())
                .Where(a => !options.Filter.Stops(a, FilteredTraffic.Servers))
                .DistinctBy(a => a.AddressFamily)
                .Select(a => new IPEndPoint(a, tracker.Port)),
        ];
        return targets.Length > 0
            ? targets
            : throw new TrackerException(
                TrackerErrorKind.HostNotFound, tracker, $"The host '{tracker.Host}' has no usable address"
                + (addresses.Any(options.Filter.Current.Contains) ? ": its address is in the IP filter." : "."));
    }

    /// <summary>
    /// Sends the request to all addresses at once, and returns the responses in the order of arrival. Waits for further
    /// responses for <see cref="TrackerClientOptions.OtherFamilyGrace"/> after the first one.
    /// </summary>
    /// <exception cref="TrackerException">
    /// The requests to all addresses failed. The exception of the first failure is thrown.
    /// </exception>
    private async Task<List<T>> RequestAllAsync<T>(
        IPEndPoint[] targets, Func<IPEndPoint, CancellationToken, Task<T>> request, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<T>[] requests = [.. targets.Select(t => request(t, stop.Token))];
        try
        {
            return await FirstResponsesAsync(requests, stop.Token);
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)Task.WhenAll(requests)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<List<T>> FirstResponsesAsync<T>(Task<T>[] requests, CancellationToken cancellation)
    {
        List<Task> open = [.. requests];
        Task? grace = null;
        var responses = new List<T>();
        TrackerException? failure = null;
        while (open.Count > 0)
        {
            Task done = await Task.WhenAny(grace is null ? open : [.. open, grace]);
            if (done == grace)
                break;
            open.Remove(done);
            try
            {
                responses.Add(await (Task<T>)done);
                grace ??= Task.Delay(options.OtherFamilyGrace, options.Time, cancellation);
            }
            catch (TrackerException e)
            {
                failure ??= e;
            }
        }

        return responses.Count > 0 ? responses : throw failure!;
    }
}
