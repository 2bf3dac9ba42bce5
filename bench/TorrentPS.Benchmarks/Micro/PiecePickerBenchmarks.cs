using BenchmarkDotNet.Attributes;
using TorrentPS.Engine;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Benchmarks.Micro;

/// <summary>A whole download's decisions, from the first pick to the last verified piece; the figure is per block.</summary>
public class PiecePickerBenchmarks
{
    /// <summary>How many blocks each peer is asked for at a time.</summary>
    private const int Depth = 8;

    private readonly LargeSwarm _swarm = new();
    private readonly BlockAddress[][] _asked = new BlockAddress[LargeSwarm.Peers][];
    private readonly int[] _askedCount = new int[LargeSwarm.Peers];
    private PiecePicker? _picker;

    [Params(PieceStrategy.RarestFirst, PieceStrategy.RandomRarestFirst, PieceStrategy.Sequential)]
    public PieceStrategy Strategy { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < _asked.Length; i++)
            _asked[i] = new BlockAddress[Depth];
    }

    [IterationSetup]
    public void Join()
    {
        _picker = new PiecePicker(_swarm.Geometry, Strategy, new Random(1));
        foreach (Bitfield have in _swarm.Have)
            _picker.PeerJoined(have);
        Array.Clear(_askedCount);
    }

    [Benchmark(OperationsPerInvoke = LargeSwarm.Blocks)]
    public void PickReceiveAndVerify()
    {
        PiecePicker picker = _picker!;
        while (!picker.IsFinished)
        {
            for (int i = 0; i < LargeSwarm.Peers; i++)
            {
                var peer = new PeerIndex(i);
                foreach (BlockAddress block in _asked[i].AsSpan(0, _askedCount[i]))
                {
                    if (picker.MarkReceived(block, peer).PieceComplete)
                        picker.MarkVerified(block.Piece);
                }

                _askedCount[i] = picker.Pick(peer, _swarm.Have[i], LargeSwarm.BlocksPerPiece, _asked[i]);
            }
        }
    }
}
