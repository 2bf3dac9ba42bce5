using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The connected peers and the web seeds in use. Finds them by connection or by peer index.</summary>
internal sealed class PeerTable
{
    private readonly List<Peer> _all = [];
    private readonly List<Peer?> _byIndex = [];
    private readonly List<PeerOrigin> _origins = [];
    private readonly HashSet<Peer> _marked = [];
    private long[] _rates = new long[16];

    /// <summary>All connected peers and web seeds in use, in the order in which they were added.</summary>
    public IReadOnlyList<Peer> All => _all;

    /// <summary>Number of connected peers, not counting web seeds.</summary>
    public int Count => _all.Count - WebSeeds;

    public int WebSeeds { get; private set; }

    /// <summary>
    /// Number of changes that concern peer exchange: a peer was added or removed, or its listen port changed.
    /// </summary>
    public int Changes { get; private set; }

    /// <summary>Number of peer indices that are or were in use.</summary>
    public int IndexCount => _byIndex.Count;

    /// <summary>The download rates of the peers in bytes/s, by peer index.</summary>
    public ReadOnlySpan<long> Rates => _rates.AsSpan(0, _byIndex.Count);

    /// <summary>
    /// Returns an index for a new peer: the lowest index that no connected peer has and that may be reused. If there is
    /// none, returns a new index.
    /// </summary>
    /// <param name="mayReuse">Whether an index that a disconnected peer had may be reused.</param>
    public PeerIndex NextIndex(Func<PeerIndex, bool> mayReuse)
    {
        for (int i = 0; i < _byIndex.Count; i++)
        {
            if (_byIndex[i] is null && mayReuse(new PeerIndex(i)))
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
        _marked.Remove(peer);
        NoteChange();
    }

    public void NoteChange() => Changes++;

    /// <summary>Counts the connected peers of an origin. Peers whose connection is closing don't count.</summary>
    public int CountOf(PeerOrigin origin)
    {
        int count = 0;
        foreach (Peer peer in _all)
            count += peer.Origin == origin && !peer.IsClosing ? 1 : 0;
        return count;
    }

    public Peer? Find(IBlockSource link) => Find(new PeerIndex(link.TableIndex));

    public Peer? Find(PeerIndex index) => (uint)index.Value < (uint)_byIndex.Count ? _byIndex[index.Value] : null;

    /// <summary>
    /// Returns the origin of the peer with the given index. If no connected peer has the index, returns the origin of
    /// the last peer that had it, because partial pieces can contain blocks of disconnected peers.
    /// </summary>
    public PeerOrigin OriginOf(PeerIndex index) => _origins[index.Value];

    public void SetRate(Peer peer, long rate) => _rates[peer.Index.Value] = rate;

    /// <summary>Marks a peer, so that the next <see cref="Flush"/> sends the messages that are queued for it.</summary>
    public void Touch(Peer peer) => _marked.Add(peer);

    /// <summary>Sends the messages that are queued for the peers marked by <see cref="Touch"/>.</summary>
    /// <param name="now">The current timestamp (<see cref="SwarmState.Now"/>).</param>
    public void Flush(long now)
    {
        foreach (Peer peer in _marked)
        {
            peer.LastSent = now;
            peer.Link.Flush();
        }

        _marked.Clear();
    }
}
