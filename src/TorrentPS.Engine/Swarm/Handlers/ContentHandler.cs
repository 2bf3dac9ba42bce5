using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Handles the end of the metadata download and the end of the check of existing data.</summary>
internal sealed class ContentHandler(
    SwarmState swarm,
    Requester requester,
    Unchoker unchoker,
    SuperSeedHandler superSeeding,
    ConnectionHandler connections,
    LifecycleHandler lifecycle,
    WebSeedHandler webSeeds,
    EarlyMessageHandler earlyMessages,
    AllowedFastHandler allowedFast)
{
    /// <summary>
    /// Applies the settings of the downloaded metadata and creates a piece picker for its pieces. Starts the check of
    /// existing data, unless the torrent is paused.
    /// </summary>
    public void OnReady(ContentReady ready)
    {
        if (swarm.HasEnded)
            return;
        swarm.UseContent(ready.Settings(), ready.Store);
        superSeeding.OnContentReady();
        webSeeds.OnContentReady();
        foreach (Peer peer in swarm.Peers.All)
        {
            peer.UsePieceCount(swarm.Geometry.PieceCount);
            swarm.Picker.PeerJoined(peer.Have);
            if (ready.IsInfoHashChanged)
                peer.Disconnect(DisconnectReason.InfoHashChanged);
        }

        if (swarm.Settings.IsPrivate)
            connections.DropPublicPeers();
        lifecycle.OnContentReady();
    }

    /// <summary>
    /// Marks the pieces found on disk as verified, and starts the transfer. If wanted pieces are missing, a torrent
    /// with the role <see cref="TorrentRole.Seed"/> fails, unless partial data is allowed.
    /// </summary>
    public void OnChecked(Bitfield have)
    {
        if (swarm.State != TorrentState.Checking)
            return;
        for (int i = 0; i < have.PieceCount; i++)
        {
            if (have.Contains(new PieceIndex(i)))
                swarm.Picker.MarkVerified(new PieceIndex(i));
        }

        if (swarm.Settings.Torrent.Role == TorrentRole.Seed && !swarm.Picker.IsFinished
            && !swarm.Settings.Torrent.AllowPartial)
        {
            lifecycle.Fail(new TorrentFault(
                TorrentFaultId.DataMismatch,
                swarm.Settings.Name,
                $"The data at '{swarm.Settings.Torrent.Destination}' does not match '{swarm.Settings.Name}': "
                + $"{have.Count} of {have.PieceCount} pieces are right. "
                + "Point to the folder that holds the content, or allow partial data."));
            return;
        }

        lifecycle.OnChecked();
        StartTransfers();
    }

    /// <summary>
    /// Sends the first messages to the peers that connected before the check ended, and applies their early messages.
    /// </summary>
    private void StartTransfers()
    {
        if (!swarm.IsTransferring || swarm.Peers.Count == 0)
            return;
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.IsClosing || peer.IsWebSeed)
                continue;
            connections.SendFirstMessages(peer, dhtPort: null);
            earlyMessages.Apply(peer);
            if (peer.IsInterested)
                allowedFast.Grant(peer);
        }

        unchoker.Decide();
        requester.TopUpAll();
    }
}
