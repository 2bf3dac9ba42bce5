using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>The ways to find the next piece for a peer. Each answers -1 when the peer has none of the pieces in the order.</content>
internal sealed partial class PieceOrder
{
    /// <summary>
    /// After so many pieces that the peer lacks, the search looks at what the peer has instead: a peer without the rare pieces
    /// must not make each search walk over all of them.
    /// </summary>
    internal const int ScanLimit = 1024;

    /// <summary>How many pieces that the peer has are then compared at most.</summary>
    internal const int SampleLimit = 1024;

    /// <summary>Of how many random pieces the rarest is taken: near the rarest, and seldom the same for two peers.</summary>
    private const int Handful = 8;

    /// <summary>The rarest piece of the first rank, one of equals at random.</summary>
    public int FindRarest(Bitfield has, Random random)
    {
        if (Count == 0)
            return -1;
        Sort();

        // Among so many a peer with so few is met sooner by way of what it has.
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

    /// <summary>Any piece of the first rank.</summary>
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

    /// <summary>The rarest of a few random pieces of the first rank.</summary>
    public int FindRareOfHandful(Bitfield has, Random random)
    {
        for (int rank = 0; rank < Ranks; rank++)
        {
            int best = -1;
            for (int i = 0; i < Handful && _idle[rank].Count > 0; i++)
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

    /// <summary>The piece of the first rank that comes first from the reading position on, or else first before it.</summary>
    public int FindNext(Bitfield has)
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

    /// <summary>The longest row of pieces of the first rank that follow each other; of equals the first.</summary>
    /// <returns>The first piece, or -1, and how many there are.</returns>
    public (int First, int Length) FindLongestRun(Bitfield has)
    {
        for (int rank = 0; rank < Ranks; rank++)
        {
            (int First, int Length) longest = _idle[rank].Count == 0 ? (-1, 0) : PieceScan.LongestCommonRun(_idle[rank].Bytes, has.Bytes);
            if (longest.Length > 0)
                return longest;
        }

        return (-1, 0);
    }

    /// <summary>Whether a peer has an idle piece of a better rank than this.</summary>
    public bool HasBetter(int rank, Bitfield has)
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
