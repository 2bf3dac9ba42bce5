using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>What must hold between any two calls; tests ask.</content>
internal sealed partial class PieceOrder
{
    /// <summary>The rank of a piece in the order; <see cref="Ranks"/> when it is not in it.</summary>
    internal int RankIn(int piece) => _rank[piece];

    /// <summary>Recounts everything from the ground up.</summary>
    /// <exception cref="InvalidOperationException">Something does not agree; the message says what.</exception>
    internal void CheckInvariants()
    {
        int count = 0;
        for (int piece = 0; piece < _pieceCount; piece++)
        {
            for (int rank = 0; rank < Ranks; rank++)
                Require(_idle[rank].Contains(new PieceIndex(piece)) == (_rank[piece] == rank), "A piece is in the set of another rank.");
            Require(_availability[piece] >= 0, "A piece has fewer peers than none.");
            count += _rank[piece] == NoRank ? 0 : 1;
        }

        Require(count == Count, "The pieces are miscounted.");
        if (_stale)
            return;
        int inBands = 0;
        int floor = 0;
        for (int band = 0; band < _start.Length; band++)
        {
            Require(floor <= _start[band] && _start[band] <= _end[band], "Bands overlap.");
            floor = _end[band];
            bool isBelow = band % _levels < _lowest[band / _levels];
            Require(!isBelow || _start[band] == _end[band], "A piece is below the lowest band.");
            inBands += _end[band] - _start[band];
            for (int i = _start[band]; i < _end[band]; i++)
            {
                int piece = _order[i];
                Require(_position[piece] == i, "A piece is not where it is said to be.");
                Require(_rank[piece] != NoRank && BandOf(_rank[piece], _availability[piece]) == band, "A piece is in the wrong band.");
            }
        }

        Require(floor <= _pieceCount && inBands == Count, "The bands do not hold the pieces.");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }
}
