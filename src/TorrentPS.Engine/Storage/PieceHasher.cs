using System.Buffers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>Hashes the blocks of a piece, those that were spilled included. The caller owns the piece.</summary>
internal sealed class PieceHasher(PieceVerifier verifier, SpillFile spill)
{
    /// <summary>Adds the blocks before number <paramref name="prefix"/> that the hash has not seen.</summary>
    /// <exception cref="StorageException">A spilled block can't be read; what was hashed so far counts.</exception>
    public void HashPrefix(PieceAssembly piece, int prefix)
    {
        if (piece.Hashed >= prefix)
            return;
        piece.Hash ??= verifier.Rent();
        for (; piece.Hashed < prefix; piece.Hashed++)
        {
            if (piece.Blocks[piece.Hashed] is { } block)
                piece.Hash.Append(block.Span[..piece.LengthOf(piece.Hashed)]);
            else
                WithSpilled(piece, piece.Hashed, piece.Hash, static (hash, bytes) => hash.Append(bytes));
        }
    }

    /// <summary>Gives the hash back; the piece would be hashed from the start again.</summary>
    public void Forget(PieceAssembly piece)
    {
        piece.Hashed = 0;
        if (piece.Hash is not { } hash)
            return;
        hash.Reset();
        verifier.Return(hash);
        piece.Hash = null;
    }

    /// <summary>One digest per block.</summary>
    /// <exception cref="StorageException">A spilled block can't be read.</exception>
    public ulong[] Digests(PieceAssembly piece)
    {
        var digests = new ulong[piece.BlockCount];
        for (int i = 0; i < digests.Length; i++)
        {
            if (piece.Blocks[i] is { } block)
                digests[i] = BlockDigest.Of(block.Span[..piece.LengthOf(i)]);
            else
                WithSpilled(piece, i, (digests, i), static (to, bytes) => to.digests[to.i] = BlockDigest.Of(bytes));
        }

        return digests;
    }

    private void WithSpilled<TState>(PieceAssembly piece, int block, TState state, Action<TState, ReadOnlySpan<byte>> use)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(TorrentGeometry.BlockLength);
        try
        {
            Span<byte> bytes = scratch.AsSpan(0, piece.LengthOf(block));
            spill.Read(piece.Slot, block * TorrentGeometry.BlockLength, bytes);
            use(state, bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
