using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// The blocks of one piece that are being moved from memory to the spill file. The object is reused for other pieces.
/// </summary>
/// <remarks>Used by one storage thread at a time.</remarks>
internal sealed class SpillBatch
{
    private readonly List<int> _indices = [];
    private readonly List<Block> _blocks = [];

    public int Count => _blocks.Count;

    /// <summary>Collects the blocks that the piece has in memory. Called under the store's lock.</summary>
    public void Collect(PieceBuffer piece)
    {
        _indices.Clear();
        _blocks.Clear();
        for (int i = 0; i < piece.BlockCount; i++)
        {
            if (piece.Blocks[i] is not { } block)
                continue;
            _indices.Add(i);
            _blocks.Add(block);
        }
    }

    /// <summary>
    /// Writes the collected blocks to the piece's slot in the spill file, with one gather write for each sequence of
    /// adjacent blocks.
    /// </summary>
    /// <exception cref="StorageException">The spill file cannot be written. The blocks are still in memory.</exception>
    public void Write(PieceBuffer piece, SpillFile file)
    {
        try
        {
            for (int first = 0; first < _indices.Count;)
            {
                int next = first;
                do
                {
                    piece.GatherList.Add(_blocks[next].Memory[..piece.LengthOf(_indices[next])]);
                    next++;
                }
                while (next < _indices.Count && _indices[next] == _indices[next - 1] + 1);

                file.Write(piece.SpillSlot, _indices[first] * TorrentGeometry.BlockLength, piece.GatherList);
                piece.GatherList.Clear();
                first = next;
            }
        }
        finally
        {
            piece.GatherList.Clear();
        }
    }

    /// <summary>
    /// Marks the written blocks as spilled and removes them from the piece's buffer. Called under the store's lock.
    /// </summary>
    public void MarkSpilled(PieceBuffer piece)
    {
        foreach (int index in _indices)
        {
            piece.Blocks[index] = null;
            piece.IsSpilled[index] = true;
        }
    }

    public void ReturnBlocks(BlockPool pool)
    {
        foreach (Block block in _blocks)
            pool.Return(block);
        _blocks.Clear();
    }
}
