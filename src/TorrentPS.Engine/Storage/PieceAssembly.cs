using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// One piece on its way from blocks to disk. Its state changes under the store's lock, but for what belongs to the one worker
/// that has set <see cref="IsBusy"/>: the hash, <see cref="Hashed"/> and <see cref="Buffers"/>. Reused from piece to piece.
/// </summary>
internal sealed class PieceAssembly : IStorageWork
{
    /// <summary>
    /// How many blocks a prefix grows by before a worker is woken: 128 KiB is still in a core's cache, and a wake-up costs about as
    /// much as hashing a block.
    /// </summary>
    private const int HashBatch = 8;

    private readonly PieceStore _store;

    public PieceAssembly(PieceStore store, int maxBlocks)
    {
        _store = store;
        Blocks = new Block?[maxBlocks];
        Spilled = new bool[maxBlocks];
        Node = new LinkedListNode<PieceAssembly>(this);
    }

    public PieceIndex Piece { get; private set; }

    /// <summary>The piece's length in bytes.</summary>
    public int Length { get; private set; }

    public int BlockCount { get; private set; }

    /// <summary>Blocks in memory, by number.</summary>
    public Block?[] Blocks { get; }

    /// <summary>Which blocks lie in the spill file.</summary>
    public bool[] Spilled { get; }

    /// <summary>The piece's slot in the spill file, or -1.</summary>
    public int Slot { get; set; }

    /// <summary>How many blocks are here, in memory or spilled.</summary>
    public int Received { get; private set; }

    /// <summary>How many blocks are in memory.</summary>
    public int Held { get; set; }

    /// <summary>How many blocks are here without a gap from the first.</summary>
    public int Prefix { get; private set; }

    /// <summary>How many blocks the hash has seen.</summary>
    public int Hashed { get; set; }

    public PieceHash? Hash { get; set; }

    /// <summary>A worker owns the piece, or it is queued for one, or it waits for <see cref="IPieceStore.Resume"/>.</summary>
    public bool IsBusy { get; set; }

    /// <summary>The swarm has dropped it: the worker that has it lets it go.</summary>
    public bool IsDiscarded { get; set; }

    /// <summary>The hash matched; it only remains to be written.</summary>
    public bool IsVerified { get; set; }

    public ulong[]? Digests { get; set; }

    public bool IsWhole => Received == BlockCount;

    /// <summary>Whether there is enough for a worker; asked for by the one that has the piece, or when nobody has it.</summary>
    public bool IsReady => IsWhole || Prefix - Hashed >= HashBatch;

    /// <summary>The place in the order of the last touch; in the list only while the piece is incomplete.</summary>
    public LinkedListNode<PieceAssembly> Node { get; }

    /// <summary>The gather list, kept for its capacity.</summary>
    public List<ReadOnlyMemory<byte>> Buffers { get; } = [];

    /// <summary>Makes it a new piece's.</summary>
    public void Begin(PieceIndex piece, TorrentGeometry geometry)
    {
        Piece = piece;
        Length = geometry.LengthOf(piece);
        BlockCount = geometry.BlockCountOf(piece);
        Slot = -1;
        Received = Held = Prefix = Hashed = 0;
        IsBusy = IsDiscarded = IsVerified = false;
        Digests = null;
    }

    /// <summary>Takes a block unless it is here already.</summary>
    public bool TryAdd(int index, Block block)
    {
        if (Has(index))
            return false;
        Blocks[index] = block;
        Received++;
        Held++;
        while (Prefix < BlockCount && Has(Prefix))
            Prefix++;
        return true;
    }

    /// <summary>Gives back the blocks in memory and forgets those in the spill file.</summary>
    public void ReturnBlocks(BlockPool pool)
    {
        for (int i = 0; i < BlockCount; i++)
        {
            if (Blocks[i] is { } block)
                pool.Return(block);
        }

        Array.Clear(Blocks, 0, BlockCount);
        Array.Clear(Spilled, 0, BlockCount);
    }

    /// <summary>The length of a block in bytes.</summary>
    public int LengthOf(int index) => Math.Min(TorrentGeometry.BlockLength, Length - (index * TorrentGeometry.BlockLength));

    /// <inheritdoc/>
    public void Run() => _store.Process(this);

    private bool Has(int index) => Blocks[index] is not null || Spilled[index];
}
