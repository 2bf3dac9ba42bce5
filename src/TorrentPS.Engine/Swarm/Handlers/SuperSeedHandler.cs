using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>A seed that feigns to have nothing, and shows each peer a piece at a time (BEP 16).</summary>
internal sealed class SuperSeedHandler
{
    /// <summary>When it ends, a peer is told of so many pieces per tick: a hundred thousand haves at once would look like a peer that does not read.</summary>
    private const int HavesPerTick = 2000;

    private readonly SwarmState _swarm;
    private readonly Func<PieceIndex, int> _availability;
    private SuperSeeding _policy;
    private readonly List<PeerIndex> _free = [];
    private bool _isOn;

    public SuperSeedHandler(SwarmState swarm)
    {
        _swarm = swarm;
        _policy = new SuperSeeding(swarm.Geometry.PieceCount, swarm.Random);
        _availability = piece => swarm.Picker.AvailabilityOf(piece);
        _isOn = swarm.Settings.Torrent.SuperSeeding;
    }

    /// <summary>Takes over the number of pieces of the metadata that has become known.</summary>
    public void OnContentReady() => _policy = new SuperSeeding(_swarm.Geometry.PieceCount, _swarm.Random);

    /// <summary>Whether a peer that comes now is greeted as if we had nothing.</summary>
    public bool IsOn => _isOn && _swarm.State == TorrentState.Seeding;

    /// <summary>Begins for those who come from now on, or ends: who was shown little is told of everything.</summary>
    public void Use(bool on) => _isOn = on;

    /// <summary>A peer was greeted so: the first piece is shown to it.</summary>
    public void OnGreeted(Peer peer)
    {
        peer.IsShownPieces = true;
        _policy.Join(peer.Index);
        Show(peer);
    }

    /// <summary>A peer is gone; who has shown what it had goes on.</summary>
    public void OnClosed(Peer peer) => _policy.Leave(peer.Index);

    /// <summary>A peer got a piece.</summary>
    public void OnHave(Peer peer, PieceIndex piece)
    {
        if (!IsOn)
            return;
        _free.Clear();
        _policy.OnHave(peer.Index, piece, _free);
        foreach (PeerIndex index in _free)
        {
            if (_swarm.Peers.Find(index) is { } shown)
                Show(shown);
        }
    }

    /// <summary>Looks after those whom nobody can relieve, and tells everything, bit by bit, when it is over.</summary>
    public void OnTick()
    {
        IReadOnlyList<Peer> peers = _swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            Peer peer = peers[i];
            if (peer.IsClosing || !peer.IsShownPieces)
                continue;
            if (!IsOn)
            {
                TellAll(peer);
                continue;
            }

            // What it was shown it may have got from others, and then nobody may be left to take it from this one.
            if (_policy.LastShownTo(peer.Index) is { } last && peer.Have.Contains(last) && !IsLackedByOthers(last, peer))
                _policy.Release(peer.Index);
            Show(peer);
        }
    }

    private bool IsLackedByOthers(PieceIndex piece, Peer except)
    {
        IReadOnlyList<Peer> peers = _swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            if (peers[i] != except && !peers[i].IsClosing && !peers[i].Have.Contains(piece))
                return true;
        }

        return false;
    }

    private void Show(Peer peer)
    {
        if (peer.IsClosing || _policy.Next(peer.Index, peer.Have, _availability) is not { } piece)
            return;
        peer.Wire?.SendHave(piece);
        _swarm.Peers.Touch(peer);
    }

    private void TellAll(Peer peer)
    {
        int count = _swarm.Geometry.PieceCount;
        int end = Math.Min(peer.ToldUpTo + HavesPerTick, count);
        for (; peer.ToldUpTo < end; peer.ToldUpTo++)
        {
            var piece = new PieceIndex(peer.ToldUpTo);
            if (_swarm.Picker.Have.Contains(piece) && !_policy.WasShown(peer.Index, piece))
                peer.Wire?.SendHave(piece);
        }

        _swarm.Peers.Touch(peer);
        if (end < count)
            return;
        peer.IsShownPieces = false;
        _policy.Leave(peer.Index);
    }
}
