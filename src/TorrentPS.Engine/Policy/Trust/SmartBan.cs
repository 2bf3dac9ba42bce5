using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Trust;

/// <summary>The senders of the blocks of a failed piece, divided by whether they sent bad blocks.</summary>
/// <param name="BadSenders">The peers that sent at least one block that differs from the verified block.</param>
/// <param name="GoodSenders">The peers whose blocks all equal the verified blocks.</param>
internal readonly record struct SmartBanVerdict(
    IReadOnlyCollection<PeerOrigin> BadSenders,
    IReadOnlyCollection<PeerOrigin> GoodSenders);

/// <summary>
/// Finds the peers that sent bad blocks of a piece that failed its hash check (libtorrent's smart ban).
/// </summary>
/// <remarks>
/// The class keeps a digest of each block with its sender until the piece is verified. A block is bad if its digest
/// differs from the digest of the verified block. Digests must be hard to forge (64 bits of SHA-1 or of a keyed hash).
/// Otherwise a peer could send a bad block with the digest of the good one.
/// </remarks>
internal sealed class SmartBan
{
    /// <summary>
    /// Maximum number of block digests kept. This number of digests, with their senders, occupies about 10 MiB and
    /// covers 4 GiB of failed pieces. When the maximum is exceeded, the digests of the piece that failed first are
    /// dropped.
    /// </summary>
    public const int Capacity = 256 * 1024;

    private readonly LinkedList<Failure> _failures = new();
    private int _blocks;

    /// <summary>Returns whether the piece has failed a hash check and digests of its blocks are kept.</summary>
    public bool HasFailed(PieceIndex piece) => _failures.Any(f => f.Piece == piece);

    /// <summary>Keeps the digests of the blocks of a piece that failed its hash check.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="digests">The digest of each block, in the order of the blocks.</param>
    /// <param name="senders">The sender of each block, in the same order.</param>
    /// <exception cref="ArgumentException">The numbers of digests and senders differ.</exception>
    public void OnPieceFailed(PieceIndex piece, ReadOnlySpan<ulong> digests, ReadOnlySpan<PeerOrigin> senders)
    {
        if (digests.Length != senders.Length)
            throw new ArgumentException("Each block has one digest and one sender.", nameof(senders));
        if (digests.Length > Capacity)
            return;
        _failures.AddLast(new Failure(piece, digests.ToArray(), senders.ToArray()));
        _blocks += digests.Length;
        while (_blocks > Capacity)
            Drop(_failures.First!);
    }

    /// <summary>
    /// Finds the senders of good and of bad blocks of a piece that failed its hash check before and is verified now.
    /// Compares the digests kept by <see cref="OnPieceFailed"/> with the digests of the verified blocks. Then drops the
    /// kept digests.
    /// </summary>
    /// <param name="piece">The piece.</param>
    /// <param name="digests">The digest of each verified block, in the order of the blocks.</param>
    public SmartBanVerdict OnPieceVerified(PieceIndex piece, ReadOnlySpan<ulong> digests)
    {
        var bad = new HashSet<PeerOrigin>();
        var good = new HashSet<PeerOrigin>();
        for (LinkedListNode<Failure>? node = _failures.First, next; node is not null; node = next)
        {
            next = node.Next;
            Failure failure = node.Value;
            if (failure.Piece != piece)
                continue;
            for (int block = 0; block < Math.Min(digests.Length, failure.Digests.Length); block++)
                (failure.Digests[block] == digests[block] ? good : bad).Add(failure.Senders[block]);
            Drop(node);
        }

        good.ExceptWith(bad);
        return new SmartBanVerdict(bad, good);
    }

    private void Drop(LinkedListNode<Failure> failure)
    {
        _blocks -= failure.Value.Digests.Length;
        _failures.Remove(failure);
    }

    private sealed record Failure(PieceIndex Piece, ulong[] Digests, PeerOrigin[] Senders);
}
