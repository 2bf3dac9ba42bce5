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

    /// <summary>All peers and web seeds in use, in the order they were added.</summary>
    public IReadOnlyList<Peer> All => _all;

    /// <summary>Number of peers, without web seeds.</summary>
    public int Count => _all.Count - WebSeeds;

    /// <summary>Number of web seeds in use.</summary>
    public int WebSeeds { get; private set; }

    /// <summary>Number of changes so far: peers added, removed, or with a new listen port.</summary>
    public int Changes { get; private set; }

    /// <summary>Number of indexes that are or were in use.</summary>
    public int IndexCount => _byIndex.Count;

    /// <summary>The download rate of each peer in bytes/s, by its index.</summary>
    public ReadOnlySpan<long> Rates => _rates.AsSpan(0, _byIndex.Count);

    /// <summary>Gets the lowest unused index that meets a condition.</summary>
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

    /// <summary>Counts a change of a peer's listen port.</summary>
    public void NoteChange() => Changes++;

    public Peer? Find(IBlockSource link) => Find(new PeerIndex(link.TableIndex));

    public Peer? Find(PeerIndex index) => (uint)index.Value < (uint)_byIndex.Count ? _byIndex[index.Value] : null;

    /// <summary>
    /// Gets the origin of the peer that has, or last had, an index. Blocks of a piece may outlive the connection of
    /// their sender.
    /// </summary>
    public PeerOrigin OriginOf(PeerIndex index) => _origins[index.Value];

    public void SetRate(Peer peer, long rate) => _rates[peer.Index.Value] = rate;

    /// <summary>Marks the peer to be flushed at the end of the turn.</summary>
    public void Touch(Peer peer) => _touched.Add(peer);

    /// <summary>Flushes the messages of this turn.</summary>
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
