using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

internal sealed class SettingsHandler(
    SwarmState swarm,
    Unchoker unchoker,
    SuperSeedHandler superSeeding,
    WebSeedHandler webSeeds,
    ConnectionHandler connections)
{
    public void OnChanged(SettingsChanged changed)
    {
        TorrentSettings before = swarm.Settings.Torrent;
        SessionSettings sessionBefore = swarm.Settings.Session;
        bool usedPex = PexHandler.IsUsed(swarm);
        swarm.Settings = changed.Change(swarm.Settings);
        TorrentSettings after = swarm.Settings.Torrent;
        swarm.Picker.Strategy = after.Strategy;
        if (after.Choker != before.Choker)
            unchoker.Use(after.Choker);
        if (after.UploadSlots != before.UploadSlots)
            unchoker.UseSlots(after.UploadSlots);
        superSeeding.Use(after.SuperSeeding);
        if (!usedPex && PexHandler.IsUsed(swarm))
            ResendExtensionHandshake();
        webSeeds.ApplySettings();
        if (HaveBlocksChanged(sessionBefore, swarm.Settings.Session))
            connections.ApplyBlocks();
        DisconnectSurplusPeers();
        changed.Done.TrySetResult();
    }

    private static bool HaveBlocksChanged(SessionSettings before, SessionSettings after) =>
        !after.BlockList.SequenceEqual(before.BlockList)
        || after.IPFilter != before.IPFilter
        || !after.PortFilter.SequenceEqual(before.PortFilter);

    /// <summary>
    /// Sends a new extension handshake to every peer after peer exchange was enabled. The handshake contains the id for
    /// peer exchange messages. BEP 10 allows a handshake to be sent again.
    /// </summary>
    private void ResendExtensionHandshake()
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer is not { SupportsExtensions: true, IsClosing: false })
                continue;
            peer.Wire?.SendExtended(
                ExtensionHandler.HandshakeId, ExtensionHandler.HandshakeFor(swarm, peer, superSeeding.IsOn));
            swarm.Peers.Touch(peer);
        }
    }

    /// <summary>
    /// Disconnects peers until no more than the maximum number remain. Begins with the peers that have the lowest sum
    /// of download and upload rate. If two sums are equal, the peer that connected later is disconnected first.
    /// </summary>
    private void DisconnectSurplusPeers()
    {
        List<Peer> open = [.. swarm.Peers.All.Where(peer => peer is { IsClosing: false, IsWebSeed: false })];
        int surplus = open.Count - swarm.Settings.Torrent.MaxPeers;
        if (surplus <= 0)
            return;
        IEnumerable<Peer> slowestFirst = open.AsEnumerable().Reverse().OrderBy(
            peer => peer.DownloadMeter.Rate + peer.UploadMeter.Rate);
        foreach (Peer peer in slowestFirst.Take(surplus))
            peer.Disconnect(DisconnectReason.TooMany);
    }
}
