using BenchmarkDotNet.Attributes;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Benchmarks.Micro;

/// <summary>Blocks taken by the read, as the receive pump does, and given back by the piece.</summary>
public class BlockPoolBenchmarks
{
    private const int Blocks = 64;

    private readonly BlockPool _pool = new(64L << 20);
    private readonly Block[] _rented = new Block[Blocks];

    [Benchmark(OperationsPerInvoke = Blocks)]
    public void RentAndReturn()
    {
        for (int i = 0; i < Blocks; i++)
            _rented[i] = _pool.TryRent()!;
        foreach (Block block in _rented)
            _pool.Return(block);
    }
}
