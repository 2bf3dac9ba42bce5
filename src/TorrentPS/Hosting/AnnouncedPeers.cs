using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Hosting;

/// <summary>Gets a torrent's peers from its trackers, and probes peers with a handshake.</summary>
internal sealed class AnnouncedPeers(TorrentInfo torrent, TimeSpan timeout)
{
    /// <summary>
    /// Maximum number of concurrent probes. 32 is low enough for home routers, which can track only a limited number of
    /// connections.
    /// </summary>
    private const int MaxConcurrentProbes = 32;

    private readonly InfoHash _infoHash = torrent.Metainfo?.WireHash ?? torrent.Link!.WireHash;

    /// <summary>
    /// Announces to all trackers of the torrent at the same time. Each tracker's answer contains its peers or an error.
    /// </summary>
    public Task<IReadOnlyList<TrackerAnswer>> AskTrackersAsync(CancellationToken cancel) =>
        // Trackers may leave out seeds if nothing is left to download. A magnet link has no size; any positive number
        // will do.
        TrackerQuery.GetPeersAsync(
            torrent.Trackers.Select(tracker => tracker.Url),
            _infoHash,
            torrent.Size ?? 1,
            timeout,
            bindAddress: null,
            cancel);

    /// <summary>
    /// Creates the output object of a peer that was not probed: only its address, port and source are known.
    /// </summary>
    public TorrentPeer Unprobed(IPEndPoint peer, PeerSource source) => new()
    {
        Torrent = torrent.Name,
        InfoHash = torrent.InfoHash ?? torrent.InfoHashV2,
        Address = peer.Address.ToString(),
        Port = peer.Port,
        Source = source,
    };

    /// <summary>
    /// Connects to each peer and exchanges handshakes. Returns the peers in the order in which they answer or fail.
    /// </summary>
    public IAsyncEnumerable<TorrentPeer> ProbeAsync(
        IReadOnlyCollection<(IPEndPoint Peer, PeerSource Source)> peers, CancellationToken cancel)
    {
        Channel<TorrentPeer> answers = Channel.CreateUnbounded<TorrentPeer>();
        _ = Task.Run(
            async () =>
            {
                var options = new ParallelOptions
                {
                    MaxDegreeOfParallelism = MaxConcurrentProbes,
                    CancellationToken = cancel,
                };
                Exception? error = null;
                try
                {
                    await Parallel.ForEachAsync(
                        peers,
                        options,
                        async (each, token) =>
                            answers.Writer.TryWrite(
                                await ProbeAsync(each.Peer, each.Source, token).ConfigureAwait(false)))
                        .ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    // The reader of the channel gets the exception.
                    error = e;
                }

                answers.Writer.Complete(error);
            },
            CancellationToken.None);
        return answers.Reader.ReadAllAsync(cancel);
    }

    private async Task<TorrentPeer> ProbeAsync(IPEndPoint peer, PeerSource source, CancellationToken cancel)
    {
        int pieces = torrent.PieceCount ?? 0;
        PeerProbeResult answer = await PeerProbe
            .ProbeAsync(peer, _infoHash, pieces, timeout, cancel)
            .ConfigureAwait(false);
        return new TorrentPeer
        {
            Torrent = torrent.Name,
            InfoHash = torrent.InfoHash ?? torrent.InfoHashV2,
            Address = peer.Address.ToString(),
            Port = peer.Port,
            Client = answer.Client,
            PeerId = answer.PeerId,
            Progress = answer.Progress,
            Pieces = answer.Pieces,
            RoundTripMs = answer.RoundTrip is { } time ? Math.Round(time.TotalMilliseconds, 3) : null,
            Source = source,
            Answered = answer.Answered,
            Error = answer.Error,
        };
    }
}
