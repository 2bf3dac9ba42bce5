using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Opens web seeds (BEP 19) while the torrent downloads.</summary>
/// <remarks>
/// A web seed in use is an entry of the peer table that has all pieces. It does not count towards the maximum number of
/// peers. It is neither sent in peer exchange messages nor stored in the peer cache.
/// </remarks>
internal sealed class WebSeedHandler
{
    /// <summary>
    /// Maximum number of web seeds in use at the same time. One web seed usually fills the download link. Further web
    /// seeds are useful if the servers are slow.
    /// </summary>
    public const int MaxInUse = 4;

    private readonly SwarmState _swarm;
    private readonly Queue<int> _idle = new();
    private readonly List<int> _failed = [];

    public WebSeedHandler(SwarmState swarm)
    {
        _swarm = swarm;
        OnContentReady();
    }

    /// <summary>
    /// Queues the torrent's web seeds for use. If there are more than <see cref="MaxInUse"/>, their order is random, so
    /// that different clients use different web seeds.
    /// </summary>
    public void OnContentReady()
    {
        int[] order = [.. Enumerable.Range(0, _swarm.Settings.WebSeeds.Count)];
        if (order.Length > MaxInUse)
            _swarm.Random.Shuffle(order);
        foreach (int webSeed in order)
            _idle.Enqueue(webSeed);
    }

    /// <summary>
    /// Opens queued web seeds until <see cref="MaxInUse"/> are in use. Does nothing if the torrent is not downloading
    /// or web seeds are disabled.
    /// </summary>
    public void Open()
    {
        bool isOn = _swarm is { State: TorrentState.Downloading, Settings.Session.EnableWebSeeds: true };
        while (isOn && _swarm.Peers.WebSeeds < MaxInUse && _idle.TryDequeue(out int webSeed))
            Open(webSeed);
    }

    /// <summary>Disconnects the web seeds in use if the settings disable web seeds.</summary>
    public void ApplySettings()
    {
        if (_swarm.Settings.Session.EnableWebSeeds)
            return;
        foreach (Peer peer in _swarm.Peers.All)
        {
            if (peer.IsWebSeed)
                peer.Disconnect(DisconnectReason.Useless);
        }
    }

    /// <summary>
    /// Handles the end of the link to a web seed. A web seed that failed is reported, and not opened again before
    /// <see cref="Reset"/>. A web seed that sent wrong data is reported and never opened again.
    /// </summary>
    /// <param name="webSeed">The index of the web seed in <see cref="SwarmSettings.WebSeeds"/>.</param>
    /// <param name="reason">Why the link closed.</param>
    /// <param name="detail">The error in one sentence, or null.</param>
    public void OnClosed(int webSeed, DisconnectReason reason, string? detail)
    {
        if (reason is DisconnectReason.Stopping or DisconnectReason.Useless)
        {
            _idle.Enqueue(webSeed);
            return;
        }

        bool isBanned = _swarm.Trust.LevelOf(PeerOrigin.OfWebSeed(webSeed)) == TrustLevel.Banned;
        if (!isBanned)
            _failed.Add(webSeed);
        string message = isBanned ? "Its data does not match the torrent's hashes."
            : reason == DisconnectReason.Blocked ? "Its address is in the IP filter."
            : detail ?? "It sent no data.";
        Uri url = _swarm.Settings.WebSeeds[webSeed];
        _swarm.WebSeedFaults = [.. _swarm.WebSeedFaults, new WebSeedFault(url, message)];
        _swarm.Host.Report(
            SessionEventKind.WebSeedFailed,
            $"The web seed at {EventMessages.Shorten(url)} is no longer used: {message}");
    }

    /// <summary>
    /// Queues the failed web seeds, so that they can be opened again. Web seeds that sent wrong data are not queued
    /// (BEP 19).
    /// </summary>
    public void Reset()
    {
        foreach (int webSeed in _failed)
        {
            _idle.Enqueue(webSeed);
            _swarm.WebSeedFaults = [.. _swarm.WebSeedFaults.Where(
                fault => fault.Url != _swarm.Settings.WebSeeds[webSeed])];
        }

        _failed.Clear();
    }

    private void Open(int webSeed)
    {
        PeerOrigin origin = PeerOrigin.OfWebSeed(webSeed);
        PeerIndex index = _swarm.Peers.NextIndex(index => !_swarm.Picker.HasContributions(index));
        (IBlockSource link, Action start) = _swarm.Host.OpenWebSeed(_swarm.Settings.WebSeeds[webSeed]);
        long now = _swarm.Now;
        var peer = new Peer(index, link, origin, _swarm.Geometry.PieceCount)
        {
            WebSeed = webSeed,
            Client = "web seed",
            Source = PeerSource.WebSeed,
            Incoming = false,
            IsUploadOnly = true,
            Depth = RequestDepth.ForWebSeed(),

            // The link rejects requests that the server cannot answer.
            SupportsFast = true,
            SupportsExtensions = false,
            ConnectedAt = _swarm.Uptime,
            UsefulAt = _swarm.Uptime,
            LastReceived = now,
            LastSent = now,
            OnParole = _swarm.Trust.LevelOf(origin) == TrustLevel.Parole,
        };
        _swarm.Peers.Add(peer);
        _swarm.Picker.PeerJoined(peer.Have);
        _swarm.Picker.PreferConsecutive(index);
        start();
    }
}
