using System.Net;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Session;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine;

/// <summary>The answer of one tracker to <see cref="TrackerQuery.GetPeersAsync"/>.</summary>
/// <param name="Tracker">The announce URL. It may contain a secret.</param>
/// <param name="Peers">The peers that the tracker returned; empty if the query failed.</param>
/// <param name="Seeds">
/// Number of seeds in the swarm according to the tracker; null if the tracker doesn't report it.
/// </param>
/// <param name="Leeches">
/// Number of leeches in the swarm according to the tracker; null if the tracker doesn't report it.
/// </param>
/// <param name="Error">Why the query failed; null if it succeeded.</param>
public sealed record TrackerAnswer(
    Uri Tracker, IReadOnlyList<IPEndPoint> Peers, int? Seeds, int? Leeches, string? Error)
{
    /// <summary>Returns the URL without its secrets, and the error or the number of peers.</summary>
    public override string ToString() => $"{DisplayUrl.OfTracker(Tracker)}: {Error ?? $"{Peers.Count} peers"}";
}

/// <summary>Queries trackers for the peers of a torrent that this client doesn't transfer.</summary>
public static class TrackerQuery
{
    /// <summary>
    /// The port announced to the trackers: 9 (discard), on which this client doesn't listen. BEP 3 has no request that
    /// returns peers without announcing a port.
    /// </summary>
    private const ushort DiscardPort = 9;

    /// <summary>
    /// Announces the torrent to all trackers at the same time, and withdraws each announce with the event "stopped".
    /// </summary>
    /// <param name="trackers">
    /// Announce URLs. A URL that is neither HTTP(S) nor UDP gets an answer with an error. Invalid and repeated URLs are
    /// ignored.
    /// </param>
    /// <param name="infoHash">The info hash of the torrent.</param>
    /// <param name="left">
    /// Value of "left" in the announce, in bytes (BEP 3). At least 1 is sent, because many trackers return no seeds to
    /// a client that has nothing left.
    /// </param>
    /// <param name="timeout">Maximum time to wait for one tracker.</param>
    /// <param name="session">The settings whose bind address or interface is used.</param>
    /// <param name="cancellation">Cancels the query.</param>
    /// <returns>One answer for each tracker, in the order of the URLs.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static async Task<IReadOnlyList<TrackerAnswer>> GetPeersAsync(
        IEnumerable<string> trackers,
        InfoHash infoHash,
        long left,
        TimeSpan timeout,
        SessionSettings session,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(trackers);
        ArgumentNullException.ThrowIfNull(session);
        var client = new TrackerClient(new TrackerClientOptions { Binding = NetworkBinding.Of(session) });
        var identity = TorrentIdentity.Create(new SecureRandom());
        var request = new AnnounceRequest
        {
            InfoHash = infoHash,
            PeerId = identity.PeerId,
            Port = DiscardPort,
            Left = Math.Max(1, left),
            Event = AnnounceEvent.Started,
            Key = identity.TrackerKey,
        };
        return await QueryAllAsync(trackers, client, request, timeout, cancellation);
    }

    /// <summary>
    /// Scrapes all trackers of a torrent at the same time (BEP 48). Nothing is announced, so that other peers do not
    /// notice the query.
    /// </summary>
    /// <param name="tiers">Announce URLs by tier (BEP 12). Invalid and repeated URLs are ignored.</param>
    /// <param name="infoHash">The info hash of the torrent.</param>
    /// <param name="timeout">Maximum time to wait for one tracker; zero means that nothing is sent.</param>
    /// <param name="session">The settings whose bind address or interface is used.</param>
    /// <param name="cancellation">Cancels the query.</param>
    /// <returns>
    /// The status of each tracker, in the order of the URLs. The state is <see cref="TrackerState.Failed"/> if the
    /// scrape failed, and <see cref="TrackerState.NotContacted"/> if the tracker does not support scrape.
    /// </returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static async Task<IReadOnlyList<TrackerStatus>> ScrapeAsync(
        IReadOnlyList<IReadOnlyList<string>> tiers,
        InfoHash infoHash,
        TimeSpan timeout,
        SessionSettings session,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tiers);
        ArgumentNullException.ThrowIfNull(session);
        TrackerStatus[] trackers =
        [
            .. tiers.SelectMany((tier, number) => tier
                .Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null)
                .OfType<Uri>()
                .Select(url => new TrackerStatus { Url = url, Tier = number })).DistinctBy(tracker => tracker.Url),
        ];
        if (timeout <= TimeSpan.Zero)
            return trackers;
        var client = new TrackerClient(new TrackerClientOptions { Binding = NetworkBinding.Of(session) });
        return await Task.WhenAll(trackers.Select(tracker => ScrapeAsync(
            tracker, client, infoHash, timeout, cancellation)));
    }

    private static async Task<TrackerStatus> ScrapeAsync(
        TrackerStatus tracker,
        TrackerClient client,
        InfoHash infoHash,
        TimeSpan timeout,
        CancellationToken cancellation)
    {
        TrackerScrape scrape = await TrackerScrape.QueryAsync(
            client, tracker.Url, infoHash, timeout, TimeProvider.System, cancellation);
        TrackerStatus status = scrape.ApplyTo(tracker);
        return scrape.Error switch
        {
            null => status with { State = TrackerState.Working },
            { Kind: TrackerErrorKind.ScrapeUnsupported } => status,
            { } error => status with { State = TrackerState.Failed, Failure = error.Message, FailureKind = error.Kind },
        };
    }

    private static async Task<IReadOnlyList<TrackerAnswer>> QueryAllAsync(
        IEnumerable<string> trackers,
        TrackerClient client,
        AnnounceRequest request,
        TimeSpan timeout,
        CancellationToken cancellation)
    {
        var queries = new List<Task<TrackerAnswer>>();
        foreach (string text in trackers.Distinct())
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out Uri? tracker))
                queries.Add(QueryAsync(tracker, client, request, timeout, cancellation));
        }

        return await Task.WhenAll(queries);
    }

    private static async Task<TrackerAnswer> QueryAsync(
        Uri tracker, TrackerClient client, AnnounceRequest request, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            AnnounceResponse answer = await client.AnnounceAsync(tracker, request, limit.Token);
            await WithdrawAsync(tracker, client, request, limit.Token);
            IReadOnlyList<IPEndPoint> others = [.. answer.Peers.Where(peer => peer.Port != DiscardPort)];
            return new TrackerAnswer(tracker, others, answer.Complete, answer.Incomplete, null);
        }
        catch (TrackerException error)
        {
            return new TrackerAnswer(tracker, [], null, null, error.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            string message = $"The tracker did not answer within {timeout.TotalSeconds:0} s.";
            return new TrackerAnswer(tracker, [], null, null, message);
        }
    }

    private static async Task WithdrawAsync(
        Uri tracker, TrackerClient client, AnnounceRequest request, CancellationToken cancellation)
    {
        try
        {
            AnnounceRequest stopped = request with { Event = AnnounceEvent.Stopped, NumWant = 0 };
            await client.AnnounceAsync(tracker, stopped, cancellation);
        }
        catch (Exception error) when (error is TrackerException or OperationCanceledException)
        {
            // The tracker removes the announced endpoint by itself after some time.
        }
    }
}
