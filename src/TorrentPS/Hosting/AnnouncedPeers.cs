using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Hosting;

/// <summary>The peers that a torrent's trackers and link name, and what each of them answers.</summary>
internal sealed class AnnouncedPeers(TorrentInfo torrent, TimeSpan timeout)
{
    /// <summary>How many peers are asked at once: a swarm of hundreds is through in seconds, and no home router minds.</summary>
    private const int MaxAtOnce = 32;

    private readonly InfoHash _infoHash = torrent.Metainfo?.WireHash ?? torrent.Link!.WireHash;

    /// <summary>Asks all trackers at once.</summary>
    public Task<IReadOnlyList<TrackerAnswer>> AskTrackersAsync(CancellationToken cancel) =>
        // Who lacks something is told of seeds as well; how much is of no matter, and a link does not know.
        TrackerQuery.GetPeersAsync(
            torrent.Trackers.Select(tracker => tracker.Url), _infoHash, torrent.Size ?? 1, timeout, bindAddress: null, cancel);

    /// <summary>A peer that was named and not asked.</summary>
    public TorrentPeer Named(IPEndPoint peer, PeerSource source) => new()
    {
        Torrent = torrent.Name,
        InfoHash = torrent.InfoHash ?? torrent.InfoHashV2,
        Address = peer.Address.ToString(),
        Port = peer.Port,
        Source = source,
    };

    /// <summary>Shakes hands with each peer; gives them in the order in which they answer, or fail to.</summary>
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
                            answers.Writer.TryWrite(await ProbeAsync(each.Peer, each.Source, token).ConfigureAwait(false)))
                        .ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    // Handed to whoever reads the answers.
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
        PeerProbeResult answer = await PeerProbe.ProbeAsync(peer, _infoHash, pieces, timeout, cancel).ConfigureAwait(false);
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
