using System.Net;
using TorrentPS.Engine.Metadata;
using TorrentPS.Engine.Policy;

namespace TorrentPS.Engine.Session;

/// <summary>What the search for metadata leaves to who goes on with the torrent, and owns from then on.</summary>
/// <param name="Info">The info dictionary, its hash verified.</param>
/// <param name="Known">Addresses, with where each came from.</param>
/// <param name="Liars">Who sent wrong metadata.</param>
/// <param name="Connections">Connections that stand; each holds a place of the session's.</param>
internal sealed record FoundMetadata(
    ReadOnlyMemory<byte> Info,
    IReadOnlyList<(IPEndPoint EndPoint, PeerSource Source)> Known,
    IReadOnlyList<PeerOrigin> Liars,
    IReadOnlyList<HandedConnection> Connections)
{
    /// <summary>Closes the connections that nobody takes.</summary>
    public void Drop(SessionResources session)
    {
        foreach (HandedConnection connection in Connections)
        {
            connection.Socket.Dispose();
            session.Connections.Release();
        }
    }
}
