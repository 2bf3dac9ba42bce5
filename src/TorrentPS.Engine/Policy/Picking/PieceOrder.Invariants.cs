using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Invariants, which tests check between calls.</content>
internal sealed partial class PieceOrder
{
    /// <summary>Returns the rank of a piece; <see cref="Ranks"/> if the piece isn't in the order.</summary>
    internal int RankIn(int piece) => _rank[piece];

    /// <summary>Recomputes all counts and positions, and compares them with the stored ones.</summary>
    /// <exception cref="InvalidOperationException">An invariant is broken. The message names the invariant.</exception>
    internal void CheckInvariants()
    {
        int count = 0;
        for (int piece = 0; piece < _pieceCount; piece++)
        {
            for (int rank = 0; rank < Ranks; rank++)
            {
                bool isInSet = _idle[rank].Contains(new PieceIndex(piece));
                Require(isInSet == (_rank[piece] == rank), "A piece is in the set of another rank.");
            }

            Require(_availability[piece] >= 0, "A piece has a negative availability.");
            count += _rank[piece] == NoRank ? 0 : 1;
        }

        Require(count == Count, "The number of pieces in the order is wrong.");
        if (_stale)
            return;
        int inBands = 0;
        int lastEnd = 0;
        for (int band = 0; band < _start.Length; band++)
        {
            Require(lastEnd <= _start[band] && _start[band] <= _end[band], "Bands overlap.");
            lastEnd = _end[band];
            bool isBelowLowest = band % _levels < _lowest[band / _levels];
            Require(!isBelowLowest || _start[band] == _end[band], "A piece is in a band below the lowest.");
            inBands += _end[band] - _start[band];
            for (int i = _start[band]; i < _end[band]; i++)
            {
                int piece = _order[i];
                Require(_position[piece] == i, "The position of a piece is wrong.");
                bool isInBand = _rank[piece] != NoRank && BandOf(_rank[piece], _availability[piece]) == band;
                Require(isInBand, "A piece is in the wrong band.");
            }
        }

        Require(lastEnd <= _pieceCount && inBands == Count, "The bands do not contain all pieces.");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new InvalidOperationException(message);
    }
}
