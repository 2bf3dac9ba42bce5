using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Searches for the next piece to begin.</content>
internal sealed partial class PieceOrder
{
    /// <summary>
    /// Maximum number of pieces that a search for the rarest piece examines without finding one that the peer has.
    /// After that, the search compares a sample of the peer's pieces instead. Without the limit, the search would
    /// examine every piece that is rarer than the pieces of the peer.
    /// </summary>
    internal const int ScanLimit = 1024;

    /// <summary>
    /// Maximum number of the peer's pieces that a search for the rarest piece compares after it has reached
    /// <see cref="ScanLimit"/>.
    /// </summary>
    internal const int SampleLimit = 1024;

    /// <summary>
    /// Number of random pieces of which <see cref="FindRarestOfRandom"/> returns the rarest. The result is usually a
    /// rare piece, and seldom the same piece for two peers.
    /// </summary>
    private const int RandomSampleSize = 8;

    /// <summary>
    /// Finds the rarest piece that the peer has, in the first rank that contains pieces of the peer. Of equally rare
    /// pieces, chooses one at random.
    /// </summary>
    /// <remarks>
    /// If the peer has few pieces, or lacks the <see cref="ScanLimit"/> rarest pieces, the result is the rarest of up
    /// to <see cref="SampleLimit"/> pieces of the peer.
    /// </remarks>
    /// <returns>The piece; −1 if the peer has none of the pieces in the order.</returns>
    public int FindRarest(Bitfield has, Random random)
    {
        if (Count == 0)
            return -1;
        Sort();

        // If the peer has very few pieces, it is faster to examine these.
        if ((long)has.Count * ScanLimit < Count)
            return FindRarestOfSample(has, random);
        int left = ScanLimit;
        for (int rank = 0; rank < Ranks; rank++)
        {
            if (_idle[rank].Count == 0)
                continue;
            while (_start[BandOf(rank, _lowest[rank])] == _end[BandOf(rank, _lowest[rank])])
                _lowest[rank]++;
            for (int band = BandOf(rank, _lowest[rank]); band < BandOf(rank + 1, 0); band++)
            {
                int piece = FindInBand(band, has, random, ref left);
                if (piece >= 0)
                    return piece;
                if (left == 0)
                    return FindRarestOfSample(has, random);
            }
        }

        return -1;
    }

    /// <summary>
    /// Finds a random piece that the peer has, in the first rank that contains pieces of the peer. The search begins at
    /// a random piece index.
    /// </summary>
    /// <returns>The piece; −1 if the peer has none of the pieces in the order.</returns>
    public int FindAny(Bitfield has, Random random)
    {
        for (int rank = 0; rank < Ranks; rank++)
        {
            if (_idle[rank].Count == 0)
                continue;
            int piece = NextAround(rank, has, random.Next(_pieceCount));
            if (piece >= 0)
                return piece;
        }

        return -1;
    }

    /// <summary>
    /// Finds the rarest of <see cref="RandomSampleSize"/> random pieces that the peer has, in the first rank that
    /// contains pieces of the peer.
    /// </summary>
    /// <returns>The piece; −1 if the peer has none of the pieces in the order.</returns>
    public int FindRarestOfRandom(Bitfield has, Random random)
    {
        for (int rank = 0; rank < Ranks; rank++)
        {
            int best = -1;
            for (int i = 0; i < RandomSampleSize && _idle[rank].Count > 0; i++)
            {
                int piece = NextAround(rank, has, random.Next(_pieceCount));
                if (piece < 0)
                    break;
                if (best < 0 || _availability[piece] < _availability[best])
                    best = piece;
            }

            if (best >= 0)
                return best;
        }

        return -1;
    }

    /// <summary>
    /// Finds the first piece at or after <see cref="ReadingPosition"/> that the peer has, in the first rank that
    /// contains pieces of the peer. If the peer has only pieces before that position in this rank, finds the first of
    /// these.
    /// </summary>
    /// <returns>The piece; −1 if the peer has none of the pieces in the order.</returns>
    public int FindNextInOrder(Bitfield has)
    {
        for (int rank = 0; rank < Ranks; rank++)
        {
            if (_idle[rank].Count == 0)
                continue;
            ReadOnlySpan<byte> idle = _idle[rank].Bytes;
            ref int next = ref _nextIdle[rank];
            while (next < _pieceCount && PieceScan.Word(idle, next >> 6) << (next & 63) == 0)
                next = (next | 63) + 1;
            int piece = next < _pieceCount ? PieceScan.NextCommon(idle, has.Bytes, next) : -1;
            if (piece < 0)
                piece = PieceScan.NextCommon(idle, has.Bytes, 0);
            if (piece >= 0)
                return piece;
        }

        return -1;
    }

    /// <summary>
    /// Finds the longest run of consecutive pieces that the peer has, in the first rank that contains pieces of the
    /// peer. If several runs are equally long, finds the first one.
    /// </summary>
    /// <returns>
    /// The first piece of the run and its length; −1 and 0 if the peer has none of the pieces in the order.
    /// </returns>
    public (int First, int Length) FindLongestRun(Bitfield has)
    {
        for (int rank = 0; rank < Ranks; rank++)
        {
            (int First, int Length) longest = _idle[rank].Count == 0
                ? (-1, 0)
                : PieceScan.LongestCommonRun(_idle[rank].Bytes, has.Bytes);
            if (longest.Length > 0)
                return longest;
        }

        return (-1, 0);
    }

    /// <summary>
    /// Returns whether the order contains a piece that the peer has and whose rank number is lower than
    /// <paramref name="rank"/>. Such a piece is requested first.
    /// </summary>
    public bool HasBetterRank(int rank, Bitfield has)
    {
        for (int better = 0; better < rank; better++)
        {
            if (_idle[better].Count > 0 && PieceScan.Intersect(_idle[better], has))
                return true;
        }

        return false;
    }

    private int FindInBand(int band, Bitfield has, Random random, ref int left)
    {
        int start = _start[band];
        int end = _end[band];
        if (start == end)
            return -1;
        int at = start + random.Next(end - start);
        for (int i = start; i < end && left > 0; i++, left--)
        {
            int piece = _order[at];
            if (has.Contains(new PieceIndex(piece)))
                return piece;
            if (++at == end)
                at = start;
        }

        return -1;
    }

    private int FindRarestOfSample(Bitfield has, Random random)
    {
        for (int rank = 0; rank < Ranks; rank++)
        {
            if (_idle[rank].Count == 0)
                continue;
            int first = NextAround(rank, has, random.Next(_pieceCount));
            int best = first;
            int piece = first;
            for (int i = 1; i < SampleLimit && piece >= 0; i++)
            {
                piece = NextAround(rank, has, piece + 1);
                if (piece == first)
                    break;
                if (_availability[piece] < _availability[best])
                    best = piece;
            }

            if (best >= 0)
                return best;
        }

        return -1;
    }

    private int NextAround(int rank, Bitfield has, int from)
    {
        int piece = from < _pieceCount ? PieceScan.NextCommon(_idle[rank].Bytes, has.Bytes, from) : -1;
        return piece >= 0 ? piece : PieceScan.NextCommon(_idle[rank].Bytes, has.Bytes, 0);
    }
}
