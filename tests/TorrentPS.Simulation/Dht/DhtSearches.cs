using System.Net;
using TorrentPS.Engine.Dht.Lookups;

namespace TorrentPS.Simulation.Dht;

/// <summary>Runs searches from random nodes and records their results.</summary>
internal sealed class DhtSearches
{
    private readonly DhtWorld _world;
    private readonly List<DhtSearch> _ended = [];
    private int _begun;

    /// <param name="world">The simulation.</param>
    /// <param name="begin">Time of the first search in seconds.</param>
    /// <param name="end">Time of the last search in seconds.</param>
    /// <param name="count">Number of searches.</param>
    public DhtSearches(DhtWorld world, double begin, double end, int count)
    {
        _world = world;
        for (int i = 0; i < count; i++)
            world.Time.In(begin + ((end - begin) * i / count), Begin);
    }

    /// <summary>The finished searches, in the order in which they ended.</summary>
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
            // Peers that left during the search do not count.
            DhtPeer[] there = [.. announced.Where(peer => peer.Machine.IsAlive)];
            _ended.Add(new DhtSearch(
                there.Length,
                there.Count(peer => found.Contains(peer.EndPoint)),
                first,
                _world.Time.Seconds - began,
                outcome.Hops,
                outcome.QueriesSent));
        }
    }
}

/// <summary>The result of one search.</summary>
/// <param name="Announced">Number of peers announced before the search began and still present at its end.</param>
/// <param name="Found">Number of these peers that the search found.</param>
/// <param name="First">Seconds until the first of these peers was found; null if none was.</param>
/// <param name="Seconds">Duration of the search in seconds.</param>
/// <param name="Hops">Hops of the search, as in <see cref="LookupOutcome.Hops"/>.</param>
/// <param name="Queries">Number of queries sent.</param>
internal sealed record DhtSearch(int Announced, int Found, double? First, double Seconds, int Hops, int Queries);
