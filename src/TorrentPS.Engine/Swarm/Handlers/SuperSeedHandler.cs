using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Applies super-seeding (BEP 16): hides this seed's pieces, and advertises single pieces to each peer by have
/// messages.
/// </summary>
internal sealed class SuperSeedHandler
{
    /// <summary>
    /// Maximum number of pieces announced to a peer per tick after super-seeding has ended. The have messages for all
    /// pieces of a large torrent could overfill the peer's message queue, which would close the connection.
    /// </summary>
    private const int HavesPerTick = 2000;

    private readonly SwarmState _swarm;
    private readonly Func<PieceIndex, int> _availability;
    private SuperSeeding _policy;
    private readonly List<PeerIndex> _ready = [];
    private bool _isOn;

    public SuperSeedHandler(SwarmState swarm)
    {
        _swarm = swarm;
        _policy = new SuperSeeding(swarm.Geometry.PieceCount, swarm.Random);
        _availability = piece => swarm.Picker.AvailabilityOf(piece);
        _isOn = swarm.Settings.Torrent.SuperSeeding;
    }

    /// <summary>Restarts super-seeding with the number of pieces in the downloaded metadata.</summary>
    public void OnContentReady() => _policy = new SuperSeeding(_swarm.Geometry.PieceCount, _swarm.Random);

    /// <summary>
    /// Whether super-seeding is switched on and the torrent is seeding. If so, pieces are hidden from peers that
    /// connect.
    /// </summary>
    public bool IsOn => _isOn && _swarm.State == TorrentState.Seeding;

    /// <summary>
    /// Switches super-seeding on or off. Switching it on affects only peers that connect later. After it is switched
    /// off, all pieces are announced to the peers from which they were hidden.
    /// </summary>
    public void Use(bool on) => _isOn = on;

    /// <summary>Starts super-seeding (BEP 16) to a new peer: advertises only one piece to the peer.</summary>
    public void OnFirstMessages(Peer peer)
    {
        peer.IsSuperSeeded = true;
        _policy.AddPeer(peer.Index);
        Announce(peer);
    }

    public void OnClosed(Peer peer) => _policy.RemovePeer(peer.Index);

    /// <summary>
    /// Handles a have message. If the piece is the last one advertised to another peer, that other peer has probably
    /// uploaded it to the sender. In that case, advertises a further piece to the other peer.
    /// </summary>
    public void OnHave(Peer peer, PieceIndex piece)
    {
        if (!IsOn)
            return;
        _ready.Clear();
        _policy.OnHave(peer.Index, piece, _ready);
        foreach (PeerIndex index in _ready)
        {
            if (_swarm.Peers.Find(index) is { } shown)
                Announce(shown);
        }
    }

    /// <summary>
    /// If all peers have the piece that was last advertised to a peer, advertises a further piece to that peer. After
    /// super-seeding has ended, announces all other pieces too.
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

            // If all other peers have the piece already, none will report that it received the piece from this peer.
            if (_policy.LastAdvertisedTo(peer.Index) is { } last && peer.Have.Contains(last)
                && !IsLackedByOthers(last, peer))
                _policy.AllowNext(peer.Index);
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
        peer.SendHave(piece);
        _swarm.Peers.Touch(peer);
    }

    private void AnnounceAll(Peer peer)
    {
        int count = _swarm.Geometry.PieceCount;
        int end = Math.Min(peer.AnnouncedPieces + HavesPerTick, count);
        for (; peer.AnnouncedPieces < end; peer.AnnouncedPieces++)
        {
            var piece = new PieceIndex(peer.AnnouncedPieces);
            if (_swarm.Picker.Have.Contains(piece) && !_policy.WasAdvertised(peer.Index, piece))
                peer.SendHave(piece);
        }

        _swarm.Peers.Touch(peer);
        if (end < count)
            return;
        peer.IsSuperSeeded = false;
        _policy.RemovePeer(peer.Index);
    }
}
