using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>Asks UDP trackers (BEP 15, 41), over both address families when the tracker's host has both.</summary>
internal sealed class UdpTrackerClient(TrackerClientOptions options) : ITrackerClient
{
    private readonly UdpConnectionIds _connections = new(options.Time);

    public async Task<AnnounceResponse> AnnounceAsync(Uri tracker, AnnounceRequest request, CancellationToken cancellation)
    {
        IPEndPoint[] targets = await ResolveAsync(tracker, cancellation);
        var answers = await AskAllAsync(targets, (target, token) => ExchangeFor(tracker, target).AskAsync(
            (connection, transaction) => UdpTrackerRequest.Announce(connection, transaction, request, tracker),
            packet => UdpTrackerResponse.ReadAnnounce(packet, target.AddressFamily),
            token), cancellation);
        IPEndPoint[] peers = [.. answers.SelectMany(a => a.Peers).Distinct().Take(AnnounceResponse.MaxPeers)];
        return answers[0] with { Peers = peers };
    }

    public async Task<ScrapeResponse> ScrapeAsync(Uri tracker, IReadOnlyList<InfoHash> torrents, CancellationToken cancellation)
    {
        IPEndPoint[] targets = await ResolveAsync(tracker, cancellation);
        var counts = new Dictionary<InfoHash, ScrapeCounts>();
        foreach (InfoHash[] some in torrents.Chunk(UdpTrackerRequest.MaxScrapeTorrents))
        {
            var answers = await AskAllAsync(targets, (target, token) => ExchangeFor(tracker, target).AskAsync(
                (connection, transaction) => UdpTrackerRequest.Scrape(connection, transaction, some),
                packet => UdpTrackerResponse.ReadScrape(packet, some),
                token), cancellation);
            foreach ((InfoHash torrent, ScrapeCounts count) in answers[0].Torrents)
                counts[torrent] = count;
        }

        return new ScrapeResponse(counts);
    }

    private UdpExchange ExchangeFor(Uri tracker, IPEndPoint target) => new(tracker, target, options, _connections);

    /// <summary>One address of each family that can be used: a second of the same family would count us twice.</summary>
    private async Task<IPEndPoint[]> ResolveAsync(Uri tracker, CancellationToken cancellation)
    {
        if (tracker.Port <= 0)
            throw new TrackerException(TrackerErrorKind.BadUrl, tracker, "The tracker's URL names no port.");
        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(tracker.DnsSafeHost, out IPAddress? literal)
                ? [literal]
                : await options.Resolve(tracker.DnsSafeHost, cancellation);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new TrackerException(TrackerErrorKind.HostNotFound, tracker, $"The host '{tracker.Host}' can't be found: {e.Message}", e);
        }

        IPEndPoint[] targets =
        [
            .. addresses
                .Where(a => options.BindAddress is null || a.AddressFamily == options.BindAddress.AddressFamily)
                .DistinctBy(a => a.AddressFamily)
                .Select(a => new IPEndPoint(a, tracker.Port)),
        ];
        return targets.Length > 0
            ? targets
            : throw new TrackerException(TrackerErrorKind.HostNotFound, tracker, $"The host '{tracker.Host}' has no address that can be used.");
    }

    /// <summary>Asks every target at once; the first answer leaves the others a moment, then does without them.</summary>
    private async Task<List<T>> AskAllAsync<T>(
        IPEndPoint[] targets, Func<IPEndPoint, CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<T>[] asked = [.. targets.Select(t => ask(t, stop.Token))];
        try
        {
            return await FirstAnswersAsync(asked, stop.Token);
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<List<T>> FirstAnswersAsync<T>(Task<T>[] asked, CancellationToken cancellation)
    {
        List<Task> open = [.. asked];
        Task? grace = null;
        var answers = new List<T>();
        TrackerException? failure = null;
        while (open.Count > 0)
        {
            Task done = await Task.WhenAny(grace is null ? open : [.. open, grace]);
            if (done == grace)
                break;
            open.Remove(done);
            try
            {
                answers.Add(await (Task<T>)done);
                grace ??= Task.Delay(options.OtherFamilyGrace, options.Time, cancellation);
            }
            catch (TrackerException e)
            {
                failure ??= e;
            }
        }

        return answers.Count > 0 ? answers : throw failure!;
    }
}
