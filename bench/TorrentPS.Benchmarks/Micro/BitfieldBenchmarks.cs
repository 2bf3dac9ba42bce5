using BenchmarkDotNet.Attributes;
using TorrentPS.Engine;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Benchmarks.Micro;

/// <summary>What a peer's bitfield costs when it comes.</summary>
public class BitfieldBenchmarks
{
    private readonly LargeSwarm _swarm = new();
    private readonly Bitfield _loaded = new(LargeSwarm.Pieces);
    private readonly BlockAddress[] _picked = new BlockAddress[1];
    private PiecePicker? _picker;

    [GlobalSetup]
    public void Setup()
    {
        _picker = new PiecePicker(_swarm.Geometry, PieceStrategy.RarestFirst, new Random(1));
        foreach (Bitfield have in _swarm.Have)
            _picker.PeerJoined(have);
    }

    /// <summary>The bytes checked, copied and counted.</summary>
    [Benchmark]
    public bool Load() => _loaded.TryLoad(_swarm.Have[0].Bytes);

    /// <summary>The pieces counted into the availability and out of it again.</summary>
    [Benchmark]
    public void JoinAndLeave()
    {
        _picker!.PeerJoined(_swarm.Have[1]);
        _picker.PeerLeft(_swarm.Have[1]);
    }

    /// <summary>The same, with the order of the pieces made anew for the pick after it.</summary>
    [Benchmark]
    public void JoinPickAndLeave()
    {
        var peer = new PeerIndex(LargeSwarm.Peers);
        _picker!.PeerJoined(_swarm.Have[1]);
        if (_picker.Pick(peer, _swarm.Have[1], 0, _picked) > 0)
            _picker.Release(_picked[0], peer);
        _picker.PeerLeft(_swarm.Have[1]);
    }
}
