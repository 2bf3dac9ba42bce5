using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Hosting;

/// <summary>Gets a torrent's peers from its trackers, and connects to peers to get their client and progress.</summary>
/// <remarks>The time-out applies to each tracker and to each peer.</remarks>
internal sealed class AnnouncedPeers(TorrentInfo torrent, TimeSpan timeout)
{
    /// <summary>
    /// Maximum number of connection attempts at the same time. Some home routers drop connections when many attempts
    /// start at once.
    /// </summary>
    private const int MaxConcurrentProbes = 32;

    private readonly InfoHash _infoHash = torrent.Metainfo?.WireHash ?? torrent.Link!.WireHash;

    /// <summary>
    /// Announces the torrent to all its trackers at the same time. Each answer contains the peers that the tracker
    /// returned, or an error.
    /// </summary>
    public Task<IReadOnlyList<TrackerAnswer>> QueryTrackersAsync(CancellationToken cancel) =>
        // Many trackers return no seeds if the number of bytes left to download is 0. A magnet link may have no size,
        // so 1 is sent.
        TrackerQuery.GetPeersAsync(
            torrent.Trackers.Select(tracker => tracker.Url),
            _infoHash,
            torrent.Size ?? 1,
            timeout,
            SessionHost.Current.Settings.Current,
            cancel);

    /// <summary>Creates the output object of a peer without connecting to the peer.</summary>
    public TorrentPeer CreateUnprobed(IPEndPoint peer, PeerSource source) => new()
    {
        Torrent = torrent.Name,
        InfoHash = torrent.InfoHash ?? torrent.InfoHashV2,
        Address = peer.Address.ToString(),
        Port = peer.Port,
        Source = source,
    };

    /// <summary>
    /// Connects to each peer and exchanges handshakes. Returns each peer as soon as it has answered or its probe has
    /// failed.
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
            .ProbeAsync(peer, _infoHash, pieces, timeout, SessionHost.Current.Settings.Current, cancel)
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
            IsEncrypted = answer.Answered ? answer.IsEncrypted : null,
            Error = answer.Error,
        };
    }
}
