using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Hosting;

internal static class DhtSearch
{
    /// <summary>
    /// Starts a search and returns a channel, to which the search writes the found peers. The channel completes when
    /// the search ends; if the search failed, it completes with the exception.
    /// </summary>
    public static ChannelReader<IPEndPoint> Start(TorrentSession session, InfoHash torrent, CancellationToken cancel)
    {
        Channel<IPEndPoint> found = Channel.CreateUnbounded<IPEndPoint>(
            new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        _ = Task.Run(
            async () =>
            {
                Exception? error = null;
                try
                {
                    await foreach (IReadOnlyList<IPEndPoint> peers in
                        session.FindPeersAsync(torrent, cancel).ConfigureAwait(false))
                    {
                        foreach (IPEndPoint peer in peers)
                            found.Writer.TryWrite(peer);
                    }
                }
                catch (Exception e)
                {
                    // The reader of the channel gets the exception.
                    error = e;
                }

                found.Writer.Complete(error);
            },
            CancellationToken.None);
        return found.Reader;
    }
}
