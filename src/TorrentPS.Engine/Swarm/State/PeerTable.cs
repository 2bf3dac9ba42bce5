using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The connected peers, by connection and by index, and the web seeds in use among them.</summary>
internal sealed class PeerTable
{
    private readonly List<Peer> _all = [];
    private readonly List<Peer?> _byIndex = [];
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
    public int IndexCount => _byIndex.Count;

    /// <summary>What each gives in bytes/s, by index.</summary>
    public ReadOnlySpan<long> Rates => _rates.AsSpan(0, _byIndex.Count);

    /// <summary>The lowest free index that <paramref name="isFree"/> agrees to.</summary>
    public PeerIndex NextIndex(Func<PeerIndex, bool> isFree)
    {
        for (int i = 0; i < _byIndex.Count; i++)
        {
            if (_byIndex[i] is null && isFree(new PeerIndex(i)))
                return new PeerIndex(i);
        }

        return new PeerIndex(_byIndex.Count);
    }

    public void Add(Peer peer)
    {
        int index = peer.Index.Value;
        while (_byIndex.Count <= index)
        {
            _byIndex.Add(null);
            _origins.Add(default);
        }

        if (_rates.Length < _byIndex.Count)
            Array.Resize(ref _rates, Math.Max(_byIndex.Count, _rates.Length * 2));
        _byIndex[index] = peer;
        _origins[index] = peer.Origin;
        _rates[index] = 0;
        peer.Link.TableIndex = index;
        _all.Add(peer);
        WebSeeds += peer.IsWebSeed ? 1 : 0;
        NoteChange();
    }

    public void Remove(Peer peer)
    {
        _byIndex[peer.Index.Value] = null;
        peer.Link.TableIndex = -1;
        _all.Remove(peer);
        WebSeeds -= peer.IsWebSeed ? 1 : 0;
        _touched.Remove(peer);
        NoteChange();
    }

    /// <summary>Somebody said where it can be called.</summary>
    public void NoteChange() => Changes++;

    public Peer? Find(IBlockSource link) => Find(new PeerIndex(link.TableIndex));

    public Peer? Find(PeerIndex index) => (uint)index.Value < (uint)_byIndex.Count ? _byIndex[index.Value] : null;

    /// <summary>Who has or last had an index: what a peer sent outlives its connection.</summary>
    public PeerOrigin OriginOf(PeerIndex index) => _origins[index.Value];

    public void SetRate(Peer peer, long rate) => _rates[peer.Index.Value] = rate;

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
