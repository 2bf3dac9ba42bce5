using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Which web seeds are in use: some while anything is wanted, others when these are given up. In use each is a peer among peers that has
/// everything and serves us; it only takes no place from them, is told to nobody and remembered nowhere.
/// </summary>
internal sealed class WebSeedHandler
{
    /// <summary>So many are used at once: one mostly fills the line, and mirrors are there for when it does not.</summary>
    public const int MaxInUse = 4;

    private readonly SwarmState _swarm;
    private readonly Queue<int> _idle = new();
    private readonly List<int> _givenUp = [];

    public WebSeedHandler(SwarmState swarm)
    {
        _swarm = swarm;
        OnContentReady();
    }

    /// <summary>Takes over the web seeds of the metadata that has become known, in random order when not all are used at the same time.</summary>
    public void OnContentReady()
    {
        int[] order = [.. Enumerable.Range(0, _swarm.Settings.WebSeeds.Count)];
        if (order.Length > MaxInUse)
            _swarm.Random.Shuffle(order);
        foreach (int number in order)
            _idle.Enqueue(number);
    }

    /// <summary>Uses web seeds while something is wanted, unless they are switched off.</summary>
    public void Open()
    {
        bool isOn = _swarm is { State: TorrentState.Downloading, Settings.Session.EnableWebSeeds: true };
        while (isOn && _swarm.Peers.WebSeeds < MaxInUse && _idle.TryDequeue(out int number))
            Open(number);
    }

    /// <summary>Lets go of those in use, when they are switched off.</summary>
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

    /// <summary>One is no longer in use.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">What happened, in a sentence; null when there is nothing to say.</param>
    public void OnClosed(int number, DisconnectReason reason, string? detail)
    {
        if (reason is DisconnectReason.Stopping or DisconnectReason.Useless)
        {
            _idle.Enqueue(number);
            return;
        }

        bool isBanned = _swarm.Trust.LevelOf(PeerOrigin.OfWebSeed(number)) == TrustLevel.Banned;
        if (!isBanned)
            _givenUp.Add(number);
        string message = isBanned ? "What it sends does not match the torrent's hashes." : detail ?? "It gave nothing.";
        _swarm.WebSeedFaults = [.. _swarm.WebSeedFaults, new WebSeedFault(_swarm.Settings.WebSeeds[number], message)];
    }

    /// <summary>Those that failed may work by now; one that sent wrong data is not used again (BEP 19).</summary>
    public void Reset()
    {
        foreach (int number in _givenUp)
        {
            _idle.Enqueue(number);
            _swarm.WebSeedFaults = [.. _swarm.WebSeedFaults.Where(fault => fault.Url != _swarm.Settings.WebSeeds[number])];
        }

        _givenUp.Clear();
    }

    private void Open(int number)
    {
        PeerOrigin origin = PeerOrigin.OfWebSeed(number);
        PeerIndex index = _swarm.Peers.NextIndex(index => !_swarm.Picker.HasContributions(index));
        (IBlockSource link, Action start) = _swarm.Host.OpenWebSeed(_swarm.Settings.WebSeeds[number]);
        long now = _swarm.Now;
        var peer = new Peer(index, link, origin, _swarm.Geometry.PieceCount)
        {
            WebSeed = number,
            Client = "web seed",
            Source = PeerSource.WebSeed,
            Incoming = false,
            IsUploadOnly = true,
            Depth = RequestDepth.ForWebSeed(),

            // Thereby it can refuse what it does not give.
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
