using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Super-seeding (BEP 16): hides this seed's pieces, and announces them to each peer one at a time.</summary>
internal sealed class SuperSeedHandler
{
    /// <summary>
    /// Haves sent to a peer per tick after super-seeding was switched off. A hundred thousand at once would exceed the
    /// send queue.
    /// </summary>
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

    /// <summary>Starts again with the number of pieces that the metadata has.</summary>
    public void OnContentReady() => _policy = new SuperSeeding(_swarm.Geometry.PieceCount, _swarm.Random);

    /// <summary>Whether this client hides its pieces from peers that connect now.</summary>
    public bool IsOn => _isOn && _swarm.State == TorrentState.Seeding;

    /// <summary>Switches super-seeding. On applies to new peers; off announces all pieces to the others.</summary>
    public void Use(bool on) => _isOn = on;

    /// <summary>Announces the first piece to a peer from which the pieces were hidden.</summary>
    public void OnFirstMessages(Peer peer)
    {
        peer.IsSuperSeeded = true;
        _policy.Join(peer.Index);
        Announce(peer);
    }

    /// <summary>Removes a peer that disconnected.</summary>
    public void OnClosed(Peer peer) => _policy.Leave(peer.Index);

    /// <summary>
    /// Handles have: the other peers to which the piece was announced have passed it on, and get a further one
    /// announced.
    /// </summary>
    public void OnHave(Peer peer, PieceIndex piece)
    {
        if (!IsOn)
            return;
        _free.Clear();
        _policy.OnHave(peer.Index, piece, _free);
        foreach (PeerIndex index in _free)
        {
            if (_swarm.Peers.Find(index) is { } shown)
                Announce(shown);
        }
    }

    /// <summary>
    /// Announces further pieces to peers whose last piece no other peer needs. When super-seeding is off, announces the
    /// remaining pieces.
    /// </summary>
    public void OnTick()
    {
        IReadOnlyList<Peer> peers = _swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            Peer peer = peers[i];
            if (peer.IsClosing || !peer.IsSuperSeeded)
                continue;
            if (!IsOn)
            {
                AnnounceAll(peer);
                continue;
            }

            // The peer may have got its piece from others, so that no peer is left to download it from this one.
            if (_policy.LastShownTo(peer.Index) is { } last && peer.Have.Contains(last)
                && !IsLackedByOthers(last, peer))
                _policy.Release(peer.Index);
            Announce(peer);
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

    private void Announce(Peer peer)
    {
        if (peer.IsClosing || _policy.Next(peer.Index, peer.Have, _availability) is not { } piece)
            return;
        peer.Wire?.SendHave(piece);
        _swarm.Peers.Touch(peer);
    }

    private void AnnounceAll(Peer peer)
    {
        int count = _swarm.Geometry.PieceCount;
        int end = Math.Min(peer.AnnouncedPieces + HavesPerTick, count);
        for (; peer.AnnouncedPieces < end; peer.AnnouncedPieces++)
        {
            var piece = new PieceIndex(peer.AnnouncedPieces);
            if (_swarm.Picker.Have.Contains(piece) && !_policy.WasShown(peer.Index, piece))
                peer.Wire?.SendHave(piece);
        }

        _swarm.Peers.Touch(peer);
        if (end < count)
            return;
        peer.IsSuperSeeded = false;
        _policy.Leave(peer.Index);
    }
}
