using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using TorrentPS.Benchmarks.Whole;
using TorrentPS.Engine;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Benchmarks.Micro;

/// <summary>
/// Time per block from the block pool to a verified piece on disk, with one storage thread per core.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "BenchmarkDotNet calls the cleanup methods.")]
public class PieceStoreBenchmarks
{
    private const int Pieces = 128;
    private const int BlocksPerPiece = 64;
    private const int PieceLength = BlocksPerPiece * TorrentGeometry.BlockLength;

    /// <summary>Maximum pieces submitted and not yet verified: half the pool.</summary>
    private const int MaxPending = 32;

    private readonly TorrentGeometry _geometry = TorrentGeometry.Continuous((long)Pieces * PieceLength, PieceLength);
    private readonly BlockPool _pool = new(64L << 20);
    private readonly StorageExecutor _executor = new();
    private readonly byte[] _data = new byte[TorrentGeometry.BlockLength];
    private readonly byte[] _hash = new byte[SHA1.HashSizeInBytes];
    private Workspace? _workspace;
    private PieceStore? _store;
    private Verifications? _verified;

    [GlobalSetup]
    public void Setup()
    {
        new Random(1).NextBytes(_data);
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        for (int i = 0; i < BlocksPerPiece; i++)
            sha1.AppendData(_data);
        sha1.GetHashAndReset(_hash);
    }

    [IterationSetup]
    public void Open()
    {
        _workspace = new Workspace(Workspace.DefaultParent);
        _verified = new Verifications();
        var layout = new ContentLayout(_geometry, [new ContentFile("content", 0, _geometry.TotalLength)]);
        _store = new PieceStore(
            new DestinationFiles(layout, _workspace.Folder("out")),
            new Sha1PieceVerifier(_ => _hash),
            _pool,
            _executor,
            _verified,
            Path.Combine(_workspace.Root, "spill"));
    }

    [Benchmark(OperationsPerInvoke = Pieces * BlocksPerPiece)]
    public void SubmitToVerified()
    {
        for (int piece = 0; piece < Pieces; piece++)
        {
            _verified!.Pending.Wait();
            for (int i = 0; i < BlocksPerPiece; i++)
            {
                Block block = _pool.TryRent()!;
                _data.CopyTo(block.Span);
                _store!.Submit(_geometry.Block(new PieceIndex(piece), i), block);
            }
        }

        for (int i = 0; i < MaxPending; i++)
            _verified!.Pending.Wait();
    }

    [IterationCleanup]
    public void Close()
    {
        _store!.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _verified!.Pending.Dispose();
        _workspace!.Dispose();
    }

    [GlobalCleanup]
    public void Cleanup() => _executor.Dispose();

    private sealed class Verifications : IStorageEvents
    {
        public SemaphoreSlim Pending { get; } = new(MaxPending);

        public void PieceVerified(PieceIndex piece, ulong[]? digests) => Pending.Release();

        public void PieceRejected(PieceIndex piece, ulong[] digests) =>
            Environment.FailFast($"Piece {piece} was rejected.");

        public void Faulted(StorageFault fault) => Environment.FailFast(fault.ToString());
    }
}
