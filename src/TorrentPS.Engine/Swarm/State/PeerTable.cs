using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The connected peers, by connection and by slot, and the web seeds in use among them.</summary>
internal sealed class PeerTable
{
    private readonly List<Peer> _all = [];
    private readonly List<Peer?> _bySlot = [];
    private readonly List<PeerOrigin> _origins = [];
    private readonly HashSet<Peer> _touched = [];
    private long[] _rates = new long[16];

    /// <summary>All, in the order they came.</summary>
    public IReadOnlyList<Peer> All => _all;

    /// <summary>How many peers there are; web seeds take no place from them.</summary>
    public int Count => _all.Count - WebSeeds;

    /// <summary>How many web seeds there are.</summary>
    public int WebSeeds { get; private set; }

    /// <summary>How often somebody came, went or said where it can be called.</summary>
    public int Changes { get; private set; }

    /// <summary>How many slots are or were in use.</summary>
    public int SlotCount => _bySlot.Count;

    /// <summary>What each gives in bytes/s, by slot.</summary>
    public ReadOnlySpan<long> Rates => _rates.AsSpan(0, _bySlot.Count);

    /// <summary>The lowest free slot that <paramref name="isFree"/> agrees to.</summary>
    public PeerSlot NextSlot(Func<PeerSlot, bool> isFree)
    {
        for (int i = 0; i < _bySlot.Count; i++)
        {
            if (_bySlot[i] is null && isFree(new PeerSlot(i)))
                return new PeerSlot(i);
        }

        return new PeerSlot(_bySlot.Count);
    }

    public void Add(Peer peer)
    {
        int slot = peer.Slot.Value;
        while (_bySlot.Count <= slot)
        {
            _bySlot.Add(null);
            _origins.Add(default);
        }

        if (_rates.Length < _bySlot.Count)
            Array.Resize(ref _rates, Math.Max(_bySlot.Count, _rates.Length * 2));
        _bySlot[slot] = peer;
        _origins[slot] = peer.Origin;
        _rates[slot] = 0;
        peer.Link.Number = slot;
        _all.Add(peer);
        WebSeeds += peer.IsWebSeed ? 1 : 0;
        NoteChange();
    }

    public void Remove(Peer peer)
    {
        _bySlot[peer.Slot.Value] = null;
        peer.Link.Number = -1;
        _all.Remove(peer);
        WebSeeds -= peer.IsWebSeed ? 1 : 0;
        _touched.Remove(peer);
        NoteChange();
    }

    /// <summary>Somebody said where it can be called.</summary>
    public void NoteChange() => Changes++;

    public Peer? Find(IPeerLink link) => Find(new PeerSlot(link.Number));

    public Peer? Find(PeerSlot slot) => (uint)slot.Value < (uint)_bySlot.Count ? _bySlot[slot.Value] : null;

    /// <summary>Who has or last had a slot: what a peer sent outlives its connection.</summary>
    public PeerOrigin OriginOf(PeerSlot slot) => _origins[slot.Value];

    public void SetRate(Peer peer, long rate) => _rates[peer.Slot.Value] = rate;

    /// <summary>Notes that something was sent to the peer in this turn.</summary>
    public void Touch(Peer peer) => _touched.Add(peer);

    /// <summary>Lets go what was sent in this turn.</summary>
    public void Flush(long now)
    {
        foreach (Peer peer in _touched)
        {
            peer.LastSent = now;
            peer.Link.Flush();
        }

        _touched.Clear();
    }
}
