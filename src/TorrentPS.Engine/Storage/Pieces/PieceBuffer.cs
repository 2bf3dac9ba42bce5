using System.Buffers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// The received blocks of one piece, in memory or in the spill file, and the hash over them. A buffer is reused for
/// another piece once its piece is written or dropped.
/// </summary>
/// <remarks>
/// Not thread-safe. <see cref="PieceStore"/> changes the state under its lock. The hash, <see cref="HashedCount"/> and
/// <see cref="GatherList"/> belong to the storage thread that has claimed the piece, and are used without the lock.
/// </remarks>
internal sealed class PieceBuffer
{
    /// <summary>
    /// Blocks by which the contiguous prefix grows before a storage thread is woken to hash them. 8 blocks (128 KiB)
    /// still fit in a core's cache, and one wake-up costs about as much time as hashing one block.
    /// </summary>
    private const int HashBatch = 8;

    private readonly TorrentGeometry _geometry;
    private readonly PieceVerifier _verifier;
    private readonly SpillFile _spillFile;
    private PieceHash? _hash;

    /// <param name="geometry">The piece and block lengths of the torrent.</param>
    /// <param name="verifier">Provides the hash, and compares it with the torrent's.</param>
    /// <param name="spillFile">The file that spilled blocks are read back from.</param>
    public PieceBuffer(TorrentGeometry geometry, PieceVerifier verifier, SpillFile spillFile)
    {
        _geometry = geometry;
        _verifier = verifier;
        _spillFile = spillFile;
        Blocks = new Block?[geometry.BlocksPerPiece];
        IsSpilled = new bool[geometry.BlocksPerPiece];
        SpillNode = new LinkedListNode<PieceBuffer>(this);
    }

    public PieceIndex Piece { get; private set; }

    /// <summary>Length of the piece in bytes.</summary>
    public int Length { get; private set; }

    public int BlockCount { get; private set; }

    /// <summary>
    /// The blocks in memory, by block number. An entry is null if the block is missing or in the spill file.
    /// </summary>
    public Block?[] Blocks { get; }

    /// <summary>By block number, whether the block is in the spill file.</summary>
    public bool[] IsSpilled { get; }

    /// <summary>Index of the piece's slot in the spill file; -1 if it has none.</summary>
    public int SpillSlot { get; set; }

    /// <summary>Node of the piece in <see cref="SpillQueue"/>'s list, allocated once with the buffer.</summary>
    public LinkedListNode<PieceBuffer> SpillNode { get; }

    /// <summary>Number of blocks received, whether in memory or in the spill file.</summary>
    public int ReceivedCount { get; private set; }

    /// <summary>Number of blocks in memory.</summary>
    public int InMemoryCount { get; set; }

    /// <summary>Number of received blocks before the first missing one.</summary>
    public int PrefixCount { get; private set; }

    /// <summary>Number of blocks that the hash covers.</summary>
    public int HashedCount { get; private set; }

    /// <summary>
    /// Whether a storage thread has the piece, it is queued for one, or it waits for the disk to recover.
    /// </summary>
    public bool IsClaimed { get; set; }

    /// <summary>
    /// Whether the swarm discarded the piece while it was claimed: the storage thread that has it releases it.
    /// </summary>
    public bool IsDiscarded { get; set; }

    /// <summary>Whether the hash matched, so that the piece has only to be written.</summary>
    public bool IsVerified { get; set; }

    /// <summary>A digest of each block for smart banning, or null if none was needed.</summary>
    public ulong[]? Digests { get; set; }

    public bool IsComplete => ReceivedCount == BlockCount;

    /// <summary>
    /// Whether a storage thread has enough to do: the piece is complete, or a batch of blocks can be hashed.
    /// </summary>
    public bool IsReady => IsComplete || PrefixCount - HashedCount >= HashBatch;

    /// <summary>Scratch list for gather writes, kept for its capacity. Empty between writes.</summary>
    public List<ReadOnlyMemory<byte>> GatherList { get; } = [];

    /// <summary>Starts another piece, with no block received.</summary>
    public void Begin(PieceIndex piece)
    {
        Piece = piece;
        Length = _geometry.LengthOf(piece);
        BlockCount = _geometry.BlockCountOf(piece);
        SpillSlot = -1;
        ReceivedCount = InMemoryCount = PrefixCount = HashedCount = 0;
        IsClaimed = IsDiscarded = IsVerified = false;
        Digests = null;
    }

    /// <summary>Length of a block in bytes; only the last block of a piece may be shorter than 16 KiB.</summary>
    public int LengthOf(int index) =>
        Math.Min(TorrentGeometry.BlockLength, Length - (index * TorrentGeometry.BlockLength));

    /// <summary>Adds a received block.</summary>
    /// <returns>False if the block had been received before; the caller keeps it.</returns>
    public bool TryAdd(int index, Block block)
    {
        if (Has(index))
            return false;
        Blocks[index] = block;
        ReceivedCount++;
        InMemoryCount++;
        while (PrefixCount < BlockCount && Has(PrefixCount))
            PrefixCount++;
        return true;
    }

    /// <summary>Returns the blocks in memory to the pool and forgets the spilled ones.</summary>
    public void Clear(BlockPool pool)
    {
        for (int i = 0; i < BlockCount; i++)
        {
            if (Blocks[i] is { } block)
                pool.Return(block);
        }

        Array.Clear(Blocks, 0, BlockCount);
        Array.Clear(IsSpilled, 0, BlockCount);
    }

    /// <summary>Extends the hash to the first <paramref name="count"/> blocks.</summary>
    /// <exception cref="StorageException">A spilled block cannot be read. Blocks before it are hashed.</exception>
    public void HashUpTo(int count)
    {
        if (HashedCount >= count)
            return;
        _hash ??= _verifier.Rent();
        for (; HashedCount < count; HashedCount++)
        {
            if (Blocks[HashedCount] is { } block)
                _hash.Append(block.Span[..LengthOf(HashedCount)]);
            else
                WithSpilledBlock(HashedCount, _hash, static (hash, bytes) => hash.Append(bytes));
        }
    }

    /// <summary>Compares the hash of the complete, fully hashed piece with the torrent's.</summary>
    public bool MatchesHash() => _hash!.Matches(Piece);

    /// <summary>Drops the hash, so that the piece is hashed from its first block again.</summary>
    public void ResetHash()
    {
        HashedCount = 0;
        if (_hash is not { } hash)
            return;
        hash.Reset();
        _verifier.Return(hash);
        _hash = null;
    }

    /// <summary>Computes a digest of each block of the complete piece.</summary>
    /// <exception cref="StorageException">A spilled block cannot be read.</exception>
    public ulong[] ComputeDigests()
    {
        var digests = new ulong[BlockCount];
        for (int i = 0; i < digests.Length; i++)
        {
            if (Blocks[i] is { } block)
                digests[i] = BlockDigest.Of(block.Span[..LengthOf(i)]);
            else
                WithSpilledBlock(i, (digests, i), static (to, bytes) => to.digests[to.i] = BlockDigest.Of(bytes));
        }

        return digests;
    }

    /// <summary>Reads spilled bytes back.</summary>
    /// <param name="begin">Offset in the piece, in bytes.</param>
    /// <param name="buffer">Is filled.</param>
    /// <exception cref="StorageException">The spill file cannot be read.</exception>
    public void ReadSpilled(int begin, Span<byte> buffer) => _spillFile.Read(SpillSlot, begin, buffer);

    private bool Has(int index) => Blocks[index] is not null || IsSpilled[index];

    private void WithSpilledBlock<TState>(int index, TState state, Action<TState, ReadOnlySpan<byte>> use)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(TorrentGeometry.BlockLength);
        try
        {
            Span<byte> bytes = scratch.AsSpan(0, LengthOf(index));
            ReadSpilled(index * TorrentGeometry.BlockLength, bytes);
            use(state, bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
