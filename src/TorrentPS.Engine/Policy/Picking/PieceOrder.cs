using System.Diagnostics;
using System.Numerics;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// The pieces that nobody was asked for yet, in order of (rank, availability), and how many peers have each piece.
/// </summary>
/// <remarks>
/// <para>
/// The order is one array cut into bands, one for each rank and availability. A band owns [start, end) and free room may follow it,
/// so that a piece leaves in O(1), and moves to a neighbouring band (a peer got or lost it) in O(1): it changes places with the
/// piece at the border. Whatever changes many pieces at once only marks the order stale; it is sorted by counting when next needed.
/// </para>
/// <para>Peers that have everything are one number: they make no piece rarer than another.</para>
/// </remarks>
internal sealed partial class PieceOrder
{
    /// <summary>How many ranks there are; rank 0 comes first.</summary>
    public const int Ranks = 3;

    /// <summary>A bitfield with so few pieces is taken piece by piece: cheaper than to sort all again.</summary>
    private const int FewPieces = 64;

    private const byte NoRank = Ranks;

    private readonly int _pieceCount;
    private readonly int[] _availability;
    private readonly byte[] _rank;
    private readonly Bitfield[] _idle;
    private readonly int[] _order;
    private readonly int[] _position;
    // Below these availabilities the bands of each rank are empty.
    private readonly int[] _lowest = new int[Ranks];

    // From the reading position up to these no piece of each rank is idle.
    private readonly int[] _nextIdle = new int[Ranks];
    private int _readingPosition;
    private int[] _start = [];
    private int[] _end = [];
    private int _levels;
    private bool _stale = true;

    /// <summary>An order with no piece in it.</summary>
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

    /// <summary>How many peers have every piece.</summary>
    public int Seeds { get; private set; }

    /// <summary>How many pieces are in the order.</summary>
    public int Count { get; private set; }

    /// <summary>The piece from which on <see cref="FindNext"/> searches.</summary>
    public int ReadingPosition
    {
        get => _readingPosition;
        set
        {
            _readingPosition = value;
            _nextIdle.AsSpan().Fill(value);
        }
    }

    /// <summary>How many connected peers have a piece.</summary>
    public int AvailabilityOf(int piece) => _availability[piece] + Seeds;

    /// <summary>Whether a piece is in the order.</summary>
    public bool Contains(int piece) => _rank[piece] != NoRank;

    /// <summary>Counts a peer in.</summary>
    public void Joined(Bitfield have)
    {
        if (have.IsComplete)
            Seeds++;
        else
            CountAll(have, 1);
    }

    /// <summary>Counts a peer out.</summary>
    public void Left(Bitfield have)
    {
        if (have.IsComplete)
            Seeds--;
        else
            CountAll(have, -1);
        Debug.Assert(Seeds >= 0, "A peer left that never joined.");
    }

    /// <summary>One more peer has a piece.</summary>
    public void MoreOf(int piece)
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

    /// <summary>One peer less has a piece.</summary>
    public void LessOf(int piece)
    {
        int before = _availability[piece]--;
        Debug.Assert(before > 0, "A peer lost a piece that nobody had.");
        if (_stale || _rank[piece] == NoRank)
            return;
        int band = BandOf(_rank[piece], before);
        Place(_order[_start[band]++], _position[piece]);
        Place(piece, _end[band - 1]++);
        _lowest[_rank[piece]] = Math.Min(_lowest[_rank[piece]], before - 1);
    }

    /// <summary>A peer counted piece by piece has everything now: it is counted among the seeds instead.</summary>
    public void BecameSeed()
    {
        foreach (ref int count in _availability.AsSpan())
            count--;
        Seeds++;
        _stale = true;
    }

    /// <summary>Puts a piece in, or gives it another rank.</summary>
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

    /// <summary>Takes a piece out.</summary>
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

    /// <summary>Says that many ranks are about to change, so that each need not find its place.</summary>
    public void Disturb() => _stale = true;

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
                    MoreOf(piece);
                else
                    LessOf(piece);
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

    /// <summary>Finds the nearest free room behind the piece's band and moves the borders between by one place.</summary>
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
                _stale = true; // All free room lies in front; sorting brings it to the end.
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
        // Room for some peers more, so that a Have seldom needs a new band.
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
