using BenchmarkDotNet.Attributes;
using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Metainfo.Creation;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Benchmarks.Micro;

/// <summary>A large metainfo file read: 10,000 files, 100,000 pieces.</summary>
public class BencodeBenchmarks
{
    private const int Files = 10_000;
    private const int PieceLength = 1 << 20;
    private const long FileLength = 10L * PieceLength;

    private byte[] _torrent = [];

    [GlobalSetup]
    public void Setup()
    {
        var layout = TorrentLayout.Folder(
            MetainfoVersion.V1,
            PieceLength,
            "large",
            Enumerable.Range(0, Files).Select(i => new NewTorrentFile { Path = [$"folder {i / 100}", $"file {i}"], Length = FileLength }));
        byte[] hashes = new byte[layout.Geometry.PieceCount * InfoHash.Length];
        new Random(1).NextBytes(hashes);
        _torrent = new TorrentBuilder(layout) { PieceHashes = hashes }.Build();
    }

    [Benchmark]
    public BencodeKind ParseBencode() => BencodeValue.Parse(_torrent).Kind;

    [Benchmark]
    public TorrentMetainfo ParseMetainfo() => TorrentMetainfo.Parse(_torrent);
}
