using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Trust;

/// <summary>
/// The senders of the blocks of a failed piece, divided into those that sent bad blocks and the rest.
/// </summary>
/// <param name="BadSenders">The peers that sent at least one block that differs from the verified one.</param>
/// <param name="GoodSenders">The peers that sent only blocks that equal the verified ones.</param>
internal readonly record struct SmartBanVerdict(
    IReadOnlyCollection<PeerOrigin> BadSenders,
    IReadOnlyCollection<PeerOrigin> GoodSenders);

/// <summary>
/// Finds the peers that sent bad blocks of a piece that failed its hash check (libtorrent's smart ban).
/// </summary>
/// <remarks>
/// It keeps a digest of each block with its sender until the piece is verified. The blocks with other digests than the
/// verified ones were bad. Digests must be hard to forge (64 bits of SHA-1 or of a keyed hash), or a bad block could
/// pass for a good one.
/// </remarks>
internal sealed class SmartBan
{
    /// <summary>
    /// Maximum number of block digests kept. They take about 10 MiB with their senders and cover 4 GiB of failed
    /// pieces. Beyond it the digests of the pieces that failed first are dropped.
    /// </summary>
    public const int Capacity = 256 * 1024;

    private readonly LinkedList<Failure> _failures = new();
    private int _blocks;

    /// <summary>Whether digests of the piece are kept, for the comparison after it is verified.</summary>
    public bool HasFailed(PieceIndex piece) => _failures.Any(f => f.Piece == piece);

    /// <summary>Keeps the digests of a piece that failed its hash check.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="digests">The digest of each block, in order.</param>
    /// <param name="senders">The sender of each block, in the same order.</param>
    /// <exception cref="ArgumentException">There are not as many senders as digests.</exception>
    public void OnPieceFailed(PieceIndex piece, ReadOnlySpan<ulong> digests, ReadOnlySpan<PeerOrigin> senders)
    {
        if (digests.Length != senders.Length)
            throw new ArgumentException("Each block has one digest and one sender.", nameof(senders));
        if (digests.Length > Capacity)
            return;
        _failures.AddLast(new Failure(piece, digests.ToArray(), senders.ToArray()));
        _blocks += digests.Length;
        while (_blocks > Capacity)
            Forget(_failures.First!);
    }

    /// <summary>
    /// Compares the blocks of a verified piece with those received when its hash check failed, and drops the digests
    /// kept for the piece.
    /// </summary>
    /// <param name="piece">The piece.</param>
    /// <param name="digests">The digest of each verified block, in order.</param>
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
            Forget(node);
        }

        good.ExceptWith(bad);
        return new SmartBanVerdict(bad, good);
    }

    private void Forget(LinkedListNode<Failure> failure)
    {
        _blocks -= failure.Value.Digests.Length;
        _failures.Remove(failure);
    }

    private sealed record Failure(PieceIndex Piece, ulong[] Digests, PeerOrigin[] Senders);
}
