using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Hosting;

/// <summary>
/// Searches the DHT for peers in the background, so that a cmdlet can write each peer when it is found.
/// </summary>
internal static class DhtSearch
{
    /// <summary>Starts a search.</summary>
    /// <returns>
    /// A channel with the found peers. It completes when the search ends, with the exception if the search failed.
    /// </returns>
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
