using System.Net;
using TorrentPS.Engine.Dht.Lookups;

namespace TorrentPS.Simulation.Dht;

/// <summary>Searches by any nodes for any torrents, and what they come to.</summary>
internal sealed class DhtSearches
{
    private readonly DhtWorld _world;
    private readonly List<DhtSearch> _ended = [];
    private int _begun;

    /// <param name="world">Where.</param>
    /// <param name="begin">When the first begins, in seconds.</param>
    /// <param name="end">When the last begins.</param>
    /// <param name="count">How many.</param>
    public DhtSearches(DhtWorld world, double begin, double end, int count)
    {
        _world = world;
        for (int i = 0; i < count; i++)
            world.Time.In(begin + ((end - begin) * i / count), Begin);
    }

    /// <summary>Those that ended, in that order.</summary>
    public IReadOnlyList<DhtSearch> Ended => _ended;

    private void Begin()
    {
        DhtTorrent torrent = _world.Torrents[_begun++ % _world.Torrents.Count];
        HonestMachine searcher = _world.AnyHonest();
        DhtPeer[] announced = [.. torrent.Peers.Where(peer => peer.IsAnnounced && peer.Machine != searcher)];
        if (announced.Length == 0)
            return;
        double began = _world.Time.Seconds;
        double? first = null;
        var found = new HashSet<IPEndPoint>();
        searcher.Find(torrent.Hash, Found, Done);

        void Found(IReadOnlyList<IPEndPoint> peers)
        {
            found.UnionWith(peers);
            if (first is null && Array.Exists(announced, peer => found.Contains(peer.EndPoint)))
                first = _world.Time.Seconds - began;
        }

        void Done(LookupOutcome outcome)
        {
            // Of those that have gone meanwhile, nothing more is asked.
            DhtPeer[] there = [.. announced.Where(peer => peer.Machine.IsAlive)];
            _ended.Add(new DhtSearch(
                there.Length, there.Count(peer => found.Contains(peer.EndPoint)), first, _world.Time.Seconds - began, outcome.Hops, outcome.Asked));
        }
    }
}

/// <summary>What one search came to.</summary>
/// <param name="Announced">How many peers had announced themselves before it began and are still there.</param>
/// <param name="Found">How many of these it found.</param>
/// <param name="First">Seconds to the first of them; null when it found none.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Hops">The longest way from node to node.</param>
/// <param name="Queries">How many nodes it asked.</param>
internal sealed record DhtSearch(int Announced, int Found, double? First, double Seconds, int Hops, int Queries);
