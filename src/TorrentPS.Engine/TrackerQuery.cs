using System.Net;
using System.Security.Cryptography;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

using TorrentPS.Engine.Session;

namespace TorrentPS.Engine;

/// <summary>What one tracker answered when it was asked for peers.</summary>
/// <param name="Tracker">The announce URL.</param>
/// <param name="Peers">The peers it named; empty when it failed.</param>
/// <param name="Seeds">How many seeds it counts, if it told.</param>
/// <param name="Leeches">How many leeches it counts, if it told.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record TrackerAnswer(Uri Tracker, IReadOnlyList<IPEndPoint> Peers, int? Seeds, int? Leeches, string? Error);

/// <summary>Asks trackers who is there without taking part: a torrent need not run for it.</summary>
public static class TrackerQuery
{
    /// <summary>Nothing listens behind a query: port 9 (discard) is what the tracker may tell others of us until we take it back.</summary>
    private const ushort NoPort = 9;

    /// <summary>Asks every tracker at once, takes back the announcement that asking is, and gives each one's answer.</summary>
    /// <param name="trackers">Announce URLs, HTTP(S) or UDP; others are answered with an error.</param>
    /// <param name="infoHash">The torrent.</param>
    /// <param name="left">Bytes lacking as told to the trackers: 0 would have them name leeches alone.</param>
    /// <param name="timeout">How long one tracker may take.</param>
    /// <param name="bindAddress">The local address to ask from, or null.</param>
    /// <param name="cancellation">Ends the query.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static async Task<IReadOnlyList<TrackerAnswer>> GetPeersAsync(
        IEnumerable<string> trackers, InfoHash infoHash, long left, TimeSpan timeout, IPAddress? bindAddress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(trackers);
        using var client = new TrackerClient(new TrackerClientOptions { BindAddress = bindAddress });
        var request = new AnnounceRequest
        {
            InfoHash = infoHash,
            PeerId = OwnPeerId.Make(Random.Shared),
            Port = NoPort,
            Left = Math.Max(1, left),
            Event = AnnounceEvent.Started,
            Key = (uint)RandomNumberGenerator.GetInt32(int.MaxValue),
        };
        return await AskAllAsync(trackers, client, request, timeout, cancellation);
    }

    private static async Task<IReadOnlyList<TrackerAnswer>> AskAllAsync(
        IEnumerable<string> trackers, TrackerClient client, AnnounceRequest request, TimeSpan timeout, CancellationToken cancellation)
    {
        var asked = new List<Task<TrackerAnswer>>();
        foreach (string text in trackers.Distinct())
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out Uri? tracker))
                asked.Add(AskAsync(tracker, client, request, timeout, cancellation));
        }

        return await Task.WhenAll(asked);
    }

    private static async Task<TrackerAnswer> AskAsync(
        Uri tracker, TrackerClient client, AnnounceRequest request, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            AnnounceResponse answer = await client.AnnounceAsync(tracker, request, limit.Token);
            await LeaveAsync(tracker, client, request, limit.Token);
            IReadOnlyList<IPEndPoint> others = [.. answer.Peers.Where(peer => peer.Port != NoPort)];
            return new TrackerAnswer(tracker, others, answer.Complete, answer.Incomplete, null);
        }
        catch (TrackerException error)
        {
            return new TrackerAnswer(tracker, [], null, null, error.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new TrackerAnswer(tracker, [], null, null, $"{tracker} did not answer within {timeout.TotalSeconds:0} s.");
        }
    }

    private static async Task LeaveAsync(Uri tracker, TrackerClient client, AnnounceRequest request, CancellationToken cancellation)
    {
        try
        {
            await client.AnnounceAsync(tracker, request with { Event = AnnounceEvent.Stopped, NumWant = 0 }, cancellation);
        }
        catch (Exception error) when (error is TrackerException or OperationCanceledException)
        {
            // It forgets us by itself after a while.
        }
    }
}
