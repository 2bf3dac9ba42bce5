using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Trust;

/// <summary>Who sent bad blocks, and who was only in the same piece.</summary>
/// <param name="Guilty">Each sent at least one block that differs from the good one.</param>
/// <param name="Cleared">Each sent only good blocks.</param>
internal readonly record struct SmartBanVerdict(IReadOnlyCollection<PeerOrigin> Guilty, IReadOnlyCollection<PeerOrigin> Cleared);

/// <summary>
/// Keeps a digest of each block of a piece that failed, with its sender, until the piece has come right: the blocks that differ then
/// name exactly those who sent bad data.
/// </summary>
/// <remarks>Digests must be hard to collide (64 bits of SHA-1 or of a keyed hash), or a bad block could pass for a good one.</remarks>
internal sealed class SmartBan
{
    /// <summary>How many blocks are kept; the oldest pieces are forgotten beyond. 8 MiB, or 4 GiB worth of failed pieces.</summary>
    public const int Capacity = 256 * 1024;

    private readonly LinkedList<Failure> _failures = new();
    private int _blocks;

    /// <summary>Whether the digests of a piece are awaited once it has come right.</summary>
    public bool Awaits(PieceIndex piece) => _failures.Any(f => f.Piece == piece);

    /// <summary>A piece failed its hash.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="digests">The digest of each block.</param>
    /// <param name="senders">Who sent each block.</param>
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

    /// <summary>A piece that had failed came right: says who had sent it wrong, however often it failed, and forgets it.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="digests">The digest of each good block.</param>
    public SmartBanVerdict OnPieceVerified(PieceIndex piece, ReadOnlySpan<ulong> digests)
    {
        var guilty = new HashSet<PeerOrigin>();
        var cleared = new HashSet<PeerOrigin>();
        for (LinkedListNode<Failure>? node = _failures.First, next; node is not null; node = next)
        {
            next = node.Next;
            Failure failure = node.Value;
            if (failure.Piece != piece)
                continue;
            for (int block = 0; block < Math.Min(digests.Length, failure.Digests.Length); block++)
                (failure.Digests[block] == digests[block] ? cleared : guilty).Add(failure.Senders[block]);
            Forget(node);
        }

        cleared.ExceptWith(guilty);
        return new SmartBanVerdict(guilty, cleared);
    }

    private void Forget(LinkedListNode<Failure> failure)
    {
        _blocks -= failure.Value.Digests.Length;
        _failures.Remove(failure);
    }

    private sealed record Failure(PieceIndex Piece, ulong[] Digests, PeerOrigin[] Senders);
}
