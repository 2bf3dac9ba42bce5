using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>The user changes how the torrent runs while it does.</summary>
internal sealed class SettingsHandler(SwarmState swarm, Unchoker unchoker, SuperSeedHandler superSeeding, WebSeedHandler webSeeds)
{
    public void OnChanged(SettingsChanged changed)
    {
        SwarmSettings before = swarm.Settings;
        bool usedPex = PexHandler.IsUsed(swarm);
        SwarmSettings after = changed.Change(before);
        swarm.Settings = after;
        swarm.Picker.Strategy = after.Strategy;
        if (after.Choker != before.Choker)
            unchoker.Use(after.Choker);
        if (after.UploadSlots != before.UploadSlots)
            unchoker.UseSlots(after.UploadSlots);
        superSeeding.Use(after.SuperSeeding);
        if (!usedPex && PexHandler.IsUsed(swarm))
            GreetAnew();
        webSeeds.Heed();
        LetGoOfSurplus();
        changed.Done.TrySetResult();
    }

    /// <summary>Who was told that we exchange no peers hears that we do now (BEP 10: the handshake may come again).</summary>
    private void GreetAnew()
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer is not { SupportsExtensions: true, IsClosing: false })
                continue;
            peer.Wire?.SendExtended(ExtensionHandler.HandshakeId, ExtensionHandler.Greeting(swarm, peer, superSeeding.IsOn));
            swarm.Peers.Touch(peer);
        }
    }

    /// <summary>With fewer peers allowed than are connected, those go that move least; of equals the newest.</summary>
    private void LetGoOfSurplus()
    {
        List<Peer> open = [.. swarm.Peers.All.Where(peer => peer is { IsClosing: false, IsWebSeed: false })];
        int surplus = open.Count - swarm.Settings.MaxPeers;
        if (surplus <= 0)
            return;
        foreach (Peer peer in open.AsEnumerable().Reverse().OrderBy(peer => peer.DownloadMeter.Rate + peer.UploadMeter.Rate).Take(surplus))
            peer.Disconnect(DisconnectReason.TooMany);
    }
}
