using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>
/// Storage without a disk: a piece is right when each of its blocks begins with the good byte. What it tells waits in a
/// queue.
/// </summary>
internal sealed class FakeStore(TorrentGeometry geometry, BlockPool pool) : IPieceStore
{
    public const byte GoodByte = 1;
    public const byte BadByte = 2;

    private readonly Dictionary<int, Block?[]> _pieces = [];
    private readonly HashSet<int> _failed = [];
    private readonly List<int> _unwritten = [];
    private readonly List<int> _whole = [];
    private bool _isBusy;

    public Queue<SwarmEvent> Told { get; } = new();

    /// <summary>While set, the disk refuses to be written.</summary>
    public StorageFault? Refusal { get; set; }

    /// <summary>While set, whole pieces wait for their hash.</summary>
    public bool IsBusy
    {
        get => _isBusy;
        set
        {
            _isBusy = value;
            foreach (int index in _whole)
                Judge(index);
            _whole.Clear();
        }
    }

    public int Resumes { get; private set; }

    public void Submit(BlockAddress address, Block block)
    {
        int index = address.Piece.Value;
        if (!_pieces.TryGetValue(index, out Block?[]? blocks))
            _pieces.Add(index, blocks = new Block?[geometry.BlockCountOf(address.Piece)]);
        Assert.Null(blocks[address.BlockIndex]);
        blocks[address.BlockIndex] = block;
        if (blocks.Contains(null))
            return;
        if (_isBusy)
            _whole.Add(index);
        else
            Judge(index);
    }

    public void Discard(PieceIndex piece) => Drop(piece.Value);

    public void Resume()
    {
        Resumes++;
        if (Refusal is not null)
        {
            if (_unwritten.Count > 0)
                Told.Enqueue(new StorageFaulted(Refusal));
            return;
        }

        foreach (int index in _unwritten)
            Write(index);
        _unwritten.Clear();
    }

    public ValueTask DisposeAsync()
    {
        foreach (int index in _pieces.Keys.ToArray())
            Drop(index);
        return ValueTask.CompletedTask;
    }

    private void Judge(int index)
    {
        var piece = new PieceIndex(index);
        ulong[] digests = [.. _pieces[index].Select(held => (ulong)held!.Span[0])];
        if (digests.Any(digest => digest != GoodByte))
        {
            _failed.Add(index);
            Drop(index);
            Told.Enqueue(new PieceRejected(piece, digests));
        }
        else if (Refusal is not null)
        {
            _unwritten.Add(index);
            Told.Enqueue(new StorageFaulted(Refusal));
        }
        else
        {
            Write(index);
        }
    }

    private void Write(int index)
    {
        ulong[]? digests = _failed.Remove(index) ? [.. _pieces[index].Select(_ => (ulong)GoodByte)] : null;
        Drop(index);
        Told.Enqueue(new PieceVerified(new PieceIndex(index), digests));
    }

    private void Drop(int index)
    {
        if (!_pieces.Remove(index, out Block?[]? blocks))
            return;
        foreach (Block? block in blocks)
        {
            if (block is not null)
                pool.Return(block);
        }
    }
}
