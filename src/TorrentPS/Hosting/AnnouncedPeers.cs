using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Hosting;

/// <summary>Queries a torrent's trackers for peers, and the peers for their client and progress.</summary>
internal sealed class AnnouncedPeers(TorrentInfo torrent, TimeSpan timeout)
{
    /// <summary>
    /// Maximum connections at the same time. Hundreds of peers take seconds, and home routers can handle this many.
    /// </summary>
    private const int MaxAtOnce = 32;

    private readonly InfoHash _infoHash = torrent.Metainfo?.WireHash ?? torrent.Link!.WireHash;

    /// <summary>Queries all trackers at the same time.</summary>
    public Task<IReadOnlyList<TrackerAnswer>> AskTrackersAsync(CancellationToken cancel) =>
        // Announced as a leech, so that trackers also return seeds. The number of missing bytes does not matter, and a
        // link may not have it.
        TrackerQuery.GetPeersAsync(
            torrent.Trackers.Select(tracker => tracker.Url),
            _infoHash,
            torrent.Size ?? 1,
            timeout,
            bindAddress: null,
            cancel);

    /// <summary>Makes the output for a peer that is not connected to.</summary>
    public TorrentPeer Named(IPEndPoint peer, PeerSource source) => new()
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
                var options = new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancel };
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
                    // Passed to the reader of the channel.
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
        PeerProbeResult answer = await PeerProbe.ProbeAsync(peer, _infoHash, pieces, timeout, cancel)
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
