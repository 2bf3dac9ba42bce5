using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Hosting;

/// <summary>A DHT search for peers that runs in the background while its results are read.</summary>
internal static class DhtSearch
{
    /// <summary>Starts a search.</summary>
    /// <returns>The peers as they are found. The channel completes with the search, or with its error.</returns>
    public static ChannelReader<IPEndPoint> Begin(TorrentSession session, InfoHash torrent, CancellationToken cancel)
    {
        Channel<IPEndPoint> found = Channel.CreateUnbounded<IPEndPoint>(
            new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        _ = Task.Run(
            async () =>
            {
                Exception? error = null;
                try
                {
                    await foreach (IReadOnlyList<IPEndPoint> peers in session.FindPeersAsync(torrent, cancel)
                        .ConfigureAwait(false))
                    {
                        foreach (IPEndPoint peer in peers)
                            found.Writer.TryWrite(peer);
                    }
                }
                catch (Exception e)
                {
                    // Passed to the reader of the channel.
                    error = e;
                }

                found.Writer.Complete(error);
            },
            CancellationToken.None);
        return found.Reader;
    }
}
