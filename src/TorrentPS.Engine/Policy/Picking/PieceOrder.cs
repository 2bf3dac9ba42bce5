using System.Diagnostics;
using System.Numerics;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// The wanted pieces of which no block is requested or received, sorted by rank and then by availability. The class
/// also counts how many peers have each piece.
/// </summary>
/// <remarks>
/// <para>
/// A rank stands for a download priority. Pieces of rank 0 are requested first.
/// </para>
/// <para>
/// The sorted pieces are one array, divided into a band for each rank and availability. A band occupies the elements
/// from its start to its end, and unused elements may follow it. So a piece can be removed in O(1). It can also move to
/// the neighbouring band in O(1), by exchanging places with the piece at the border.
/// </para>
/// <para>
/// A change of many pieces only marks the order as stale. The next search for the rarest piece then sorts the pieces
/// with a counting sort.
/// </para>
/// <para>
/// Peers that have every piece are counted only in <see cref="Seeds"/>, because they don't change the order.
/// </para>
/// </remarks>
internal sealed partial class PieceOrder
{
    /// <summary>Number of ranks. Rank 0 stands for high, 1 for normal and 2 for low priority.</summary>
    public const int Ranks = 3;

    /// <summary>
    /// Maximum number of pieces that are moved one by one when a peer connects or disconnects. If the peer has more
    /// pieces, sorting the order again takes less time.
    /// </summary>
    private const int FewPieces = 64;

    private const byte NoRank = Ranks;

    private readonly int _pieceCount;
    private readonly int[] _availability;
    private readonly byte[] _rank;
    private readonly Bitfield[] _idle;
    private readonly int[] _order;
    private readonly int[] _position;
    // For each rank: an availability below which all bands are empty.
    private readonly int[] _lowest = new int[Ranks];

    // For each rank: no piece between the reading position and this piece is in the order.
    private readonly int[] _nextIdle = new int[Ranks];
    private int _readingPosition;
    private int[] _start = [];
    private int[] _end = [];
    private int _levels;
    private bool _stale = true;

    public PieceOrder(int pieceCount)
    {
        _pieceCount = pieceCount;
        _availability = new int[pieceCount];
        _rank = new byte[pieceCount];
        _rank.AsSpan().Fill(NoRank);
        _order = new int[pieceCount];
        _position = new int[pieceCount];
        _idle = [new Bitfield(pieceCount), new Bitfield(pieceCount), new Bitfield(pieceCount)];
    }

    /// <summary>Number of connected peers that have every piece.</summary>
    public int Seeds { get; private set; }

    public int Count { get; private set; }

    /// <summary>The piece at which <see cref="FindNextInOrder"/> begins its search.</summary>
    public int ReadingPosition
    {
        get => _readingPosition;
        set
        {
            _readingPosition = value;
            _nextIdle.AsSpan().Fill(value);
        }
    }

    public int AvailabilityOf(int piece) => _availability[piece] + Seeds;

    public bool Contains(int piece) => _rank[piece] != NoRank;

    public void AddPeer(Bitfield have)
    {
        if (have.IsComplete)
            Seeds++;
        else
            CountAll(have, 1);
    }

    public void RemovePeer(Bitfield have)
    {
        if (have.IsComplete)
            Seeds--;
        else
            CountAll(have, -1);
        Debug.Assert(Seeds >= 0, "More seeds disconnected than connected.");
    }

    public void IncrementAvailability(int piece)
    {
        int before = _availability[piece]++;
        if (_stale || _rank[piece] == NoRank)
            return;
        if (before + 1 >= _levels)
        {
            _stale = true;
            return;
        }

        int band = BandOf(_rank[piece], before);
        Place(_order[--_end[band]], _position[piece]);
        Place(piece, --_start[band + 1]);
    }

    public void DecrementAvailability(int piece)
    {
        int before = _availability[piece]--;
        Debug.Assert(before > 0, "The availability of a piece is negative.");
        if (_stale || _rank[piece] == NoRank)
            return;
        int band = BandOf(_rank[piece], before);
        Place(_order[_start[band]++], _position[piece]);
        Place(piece, _end[band - 1]++);
        _lowest[_rank[piece]] = Math.Min(_lowest[_rank[piece]], before - 1);
    }

    /// <summary>
    /// Records that a connected peer has obtained its last piece. From now on, the peer is counted only in
    /// <see cref="Seeds"/>.
    /// </summary>
    public void ConvertToSeed()
    {
        foreach (ref int count in _availability.AsSpan())
            count--;
        Seeds++;
        _stale = true;
    }

    /// <summary>Adds a piece with a rank, or changes the rank of a piece in the order.</summary>
    public void Include(int piece, int rank)
    {
        if (_rank[piece] == rank)
            return;
        Exclude(piece);
        _rank[piece] = (byte)rank;
        _idle[rank].Add(new PieceIndex(piece));
        if (piece >= _readingPosition)
            _nextIdle[rank] = Math.Min(_nextIdle[rank], piece);
        Count++;
        if (!_stale)
            Insert(piece);
    }

    public void Exclude(int piece)
    {
        byte rank = _rank[piece];
        if (rank == NoRank)
            return;
        if (!_stale)
            Place(_order[--_end[BandOf(rank, _availability[piece])]], _position[piece]);
        _rank[piece] = NoRank;
        _idle[rank].Remove(new PieceIndex(piece));
        Count--;
    }

    /// <summary>
    /// Marks the order as stale. If this is done before many pieces change, they are sorted once afterwards instead of
    /// being moved one by one.
    /// </summary>
    public void MarkStale() => _stale = true;

    private void CountAll(Bitfield have, int step)
    {
        bool few = !_stale && have.Count <= FewPieces;
        ReadOnlySpan<byte> bytes = have.Bytes;
        int words = (bytes.Length + 7) >> 3;
        for (int word = 0; word < words; word++)
        {
            ulong bits = PieceScan.Word(bytes, word);
            while (bits != 0)
            {
                int lead = BitOperations.LeadingZeroCount(bits);
                bits &= ~(0x8000_0000_0000_0000UL >> lead);
                int piece = (word << 6) + lead;
                if (!few)
                    _availability[piece] += step;
                else if (step > 0)
                    IncrementAvailability(piece);
                else
                    DecrementAvailability(piece);
            }
        }

        if (!few && have.Count > 0)
            _stale = true;
    }

    private int BandOf(int rank, int availability) => (rank * _levels) + availability;

    private void Place(int piece, int position)
    {
        _order[position] = piece;
        _position[piece] = position;
    }

    /// <summary>
    /// Inserts a piece at the end of its band. If no unused array element follows the band, the bands after it are
    /// moved by one element each, up to the next unused element.
    /// </summary>
    private void Insert(int piece)
    {
        if (_availability[piece] >= _levels)
        {
            _stale = true;
            return;
        }

        int band = BandOf(_rank[piece], _availability[piece]);
        int room = band;
        while (_end[room] == StartAfter(room))
        {
            if (++room == _end.Length)
            {
                _stale = true; // All unused elements are before the band. Sorting moves them to the end.
                return;
            }
        }

        for (; room > band; room--)
        {
            if (_start[room] < _end[room])
                Place(_order[_start[room]], _end[room]);
            _start[room]++;
            _end[room]++;
        }

        Place(piece, _end[band]++);
        _lowest[_rank[piece]] = Math.Min(_lowest[_rank[piece]], _availability[piece]);
    }

    private int StartAfter(int band) => band + 1 < _start.Length ? _start[band + 1] : _order.Length;

    private void Sort()
    {
        if (!_stale)
            return;
        _stale = false;
        int most = 0;
        foreach (int count in _availability)
            most = Math.Max(most, count);
        // There are more bands than needed, so that a have message seldom requires a new one.
        int levels = most + 1;
        if (levels >= _levels || levels * 4 < _levels)
        {
            _levels = levels + (levels / 2) + 8;
            _start = new int[Ranks * _levels];
            _end = new int[Ranks * _levels];
        }

        Array.Clear(_lowest);
        Array.Clear(_end);
        for (int piece = 0; piece < _rank.Length; piece++)
        {
            if (_rank[piece] != NoRank)
                _end[BandOf(_rank[piece], _availability[piece])]++;
        }

        int begin = 0;
        for (int band = 0; band < _end.Length; band++)
        {
            int length = _end[band];
            _start[band] = begin;
            _end[band] = begin;
            begin += length;
        }

        for (int piece = 0; piece < _rank.Length; piece++)
        {
            if (_rank[piece] != NoRank)
                Place(piece, _end[BandOf(_rank[piece], _availability[piece])]++);
        }
    }
}
