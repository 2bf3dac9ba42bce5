using System.Net;
using BenchmarkDotNet.Attributes;
using TorrentPS.Engine;

namespace TorrentPS.Benchmarks.Micro;

/// <summary>An IP filter of a million ranges, loaded and searched for random addresses.</summary>
public class IPFilterBenchmarks
{
    private const int Ranges = 1_000_000;
    private const int Lookups = 4096;

    private readonly string _path = Path.GetTempFileName();
    private readonly IPAddress[] _addresses = new IPAddress[Lookups];
    private IPFilter _filter = IPFilter.None;
    private int _next;

    [Params(false, true)]
    public bool IPv6 { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        // The ranges neither overlap nor touch, and are not in order.
        var random = new Random(1);
        int[] order = [.. Enumerable.Range(0, Ranges)];
        random.Shuffle(order);
        File.WriteAllLines(_path, order.Select(i => IPv6
            ? $"2001:{i >> 8:x}:{i & 255:x}::/64"
            : $"{(i >> 12) + 1:000}.{(i >> 4) & 255:000}.{(i & 15) * 16:000}.000 - {(i >> 12) + 1:000}.{(i >> 4) & 255:000}."
            + $"{(i & 15) * 16:000}.255 , 000 , Company number {i}"));
        byte[] bytes = new byte[IPv6 ? 16 : 4];
        for (int i = 0; i < Lookups; i++)
        {
            random.NextBytes(bytes);
            if (IPv6)
                (bytes[0], bytes[1], bytes[2], bytes[4]) = (0x20, 0x01, (byte)(bytes[2] & 15), 0);
            _addresses[i] = new IPAddress(bytes);
        }

        _filter = IPFilter.Load(_path);
        if (_filter.RangeCount != Ranges)
            throw new InvalidOperationException($"{_filter.RangeCount} ranges.");
    }

    [GlobalCleanup]
    public void Cleanup() => File.Delete(_path);

    [Benchmark]
    public int Load() => IPFilter.Load(_path).RangeCount;

    [Benchmark]
    public bool Contains() => _filter.Contains(_addresses[_next++ % Lookups]);
}
