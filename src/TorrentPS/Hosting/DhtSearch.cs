using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Hosting;

/// <summary>A search for peers in the DHT that goes on while its finds are read one by one.</summary>
internal static class DhtSearch
{
    /// <summary>Begins a search.</summary>
    /// <returns>The peers as they are found; ends with the search, or as it failed.</returns>
    public static ChannelReader<IPEndPoint> Begin(TorrentSession session, InfoHash torrent, CancellationToken cancel)
    {
        Channel<IPEndPoint> found = Channel.CreateUnbounded<IPEndPoint>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        _ = Task.Run(
            async () =>
            {
                Exception? error = null;
                try
                {
                    await foreach (IReadOnlyList<IPEndPoint> peers in session.FindPeersAsync(torrent, cancel).ConfigureAwait(false))
                    {
                        foreach (IPEndPoint peer in peers)
                            found.Writer.TryWrite(peer);
                    }
                }
                catch (Exception e)
                {
                    // Handed to whoever reads.
                    error = e;
                }

                found.Writer.Complete(error);
            },
            CancellationToken.None);
        return found.Reader;
    }
}
