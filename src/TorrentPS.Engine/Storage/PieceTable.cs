using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>Which pieces are gathering, which are on disk and which have failed before. Every member is called under the store's lock.</summary>
internal sealed class PieceTable(PieceStore store, TorrentGeometry geometry, Bitfield? have)
{
    private readonly Bitfield _written = have?.Clone() ?? new Bitfield(geometry.PieceCount);
    private readonly HashSet<PieceIndex> _failedBefore = [];
    private readonly Dictionary<PieceIndex, PieceAssembly> _gathering = [];

    /// <summary>Assemblies that no piece needs now, kept because they are large.</summary>
    private readonly Stack<PieceAssembly> _spare = new();

    /// <summary>Whether a piece is on disk, so that its blocks are not needed.</summary>
    public bool IsWritten(PieceIndex piece) => _written.Contains(piece);

    /// <summary>Whether a piece was rejected, and has not been written since.</summary>
    public bool HasFailed(PieceIndex piece) => _failedBefore.Contains(piece);

    /// <summary>The assembly of a piece, or null when none of its blocks is here.</summary>
    public PieceAssembly? Find(PieceIndex piece) => _gathering.GetValueOrDefault(piece);

    /// <summary>The assembly of a piece, an empty one when none of its blocks is here.</summary>
    public PieceAssembly FindOrBegin(PieceIndex index)
    {
        if (_gathering.TryGetValue(index, out PieceAssembly? piece))
            return piece;
        if (!_spare.TryPop(out piece))
            piece = new PieceAssembly(store, geometry.BlocksPerPiece);
        piece.Begin(index, geometry);
        _gathering.Add(index, piece);
        return piece;
    }

    /// <summary>Takes a piece out: its next block begins it anew.</summary>
    public void Remove(PieceAssembly piece) => _gathering.Remove(piece.Piece);

    /// <summary>A piece is on disk.</summary>
    public void Written(PieceAssembly piece)
    {
        _written.Add(piece.Piece);
        _failedBefore.Remove(piece.Piece);
        Remove(piece);
    }

    /// <summary>A piece did not match its hash.</summary>
    public void Rejected(PieceAssembly piece)
    {
        _failedBefore.Add(piece.Piece);
        Remove(piece);
    }

    /// <summary>Keeps an assembly that has been taken out and emptied for another piece.</summary>
    public void Reuse(PieceAssembly piece) => _spare.Push(piece);

    /// <summary>Takes every piece out.</summary>
    public PieceAssembly[] TakeAll()
    {
        PieceAssembly[] all = [.. _gathering.Values];
        _gathering.Clear();
        return all;
    }
}
