namespace TorrentPS.Engine.Policy.Picking;

/// <summary>The blocks of one piece in progress: who was asked for each and who sent it. Reused for one piece after another.</summary>
internal sealed class PartialPiece
{
    /// <summary>The most peers that are asked for one block: beyond that endgame only wastes.</summary>
    public const int MaxRequesters = 4;

    private readonly BlockState[] _states;
    private readonly byte[] _requesterCounts;
    private readonly PeerPickStates _accounts;
    private readonly PeerIndex[] _requesters;
    private readonly int[] _ordinals;
    private readonly PeerIndex[] _contributors;
    private int _firstFree;

    /// <summary>A record for pieces of up to so many blocks.</summary>
    public PartialPiece(int maxBlocks, PeerPickStates accounts)
    {
        _accounts = accounts;
        _states = new BlockState[maxBlocks];
        _requesterCounts = new byte[maxBlocks];
        _requesters = new PeerIndex[maxBlocks * MaxRequesters];
        _ordinals = new int[maxBlocks * MaxRequesters];
        _contributors = new PeerIndex[maxBlocks];
    }

    private enum BlockState : byte
    {
        Free,
        Requested,
        Received,
    }

    /// <summary>The number of the piece.</summary>
    public int Piece { get; private set; }

    /// <summary>How many blocks the piece has.</summary>
    public int BlockCount { get; private set; }

    /// <summary>How many blocks nobody was asked for.</summary>
    public int Free { get; private set; }

    /// <summary>How many blocks are here.</summary>
    public int Received { get; private set; }

    /// <summary>How many blocks are asked for and not here.</summary>
    public int Busy => BlockCount - Free - Received;

    /// <summary>Whether every block is here: the piece waits for its hash.</summary>
    public bool IsWhole => Received == BlockCount;

    /// <summary>The peer that is to fetch the rest of the piece alone, if any.</summary>
    public PeerIndex Owner { get; set; } = PeerIndex.None;

    /// <summary>Where the record lies in the list of all records.</summary>
    public int ActiveIndex { get; set; } = -1;

    /// <summary>Where the record lies in the list of records with something to ask for; -1 when it is not there.</summary>
    public int OpenIndex { get; set; } = -1;

    /// <summary>Who sent each block; <see cref="PeerIndex.None"/> for a block that is not here.</summary>
    public ReadOnlySpan<PeerIndex> Contributors => _contributors.AsSpan(0, BlockCount);

    /// <summary>Begins a piece with every block free.</summary>
    public void Begin(int piece, int blockCount)
    {
        Piece = piece;
        BlockCount = blockCount;
        Free = blockCount;
        Received = 0;
        Owner = PeerIndex.None;
        _firstFree = 0;
        _states.AsSpan(0, blockCount).Clear();
        _requesterCounts.AsSpan(0, blockCount).Clear();
        _contributors.AsSpan(0, blockCount).Fill(PeerIndex.None);
    }

    /// <summary>Who was asked for a block and has not sent it.</summary>
    public ReadOnlySpan<PeerIndex> Requesters(int block) => _requesters.AsSpan(block * MaxRequesters, _requesterCounts[block]);

    /// <summary>Whether a block is asked for and not here.</summary>
    public bool IsBusy(int block) => _states[block] == BlockState.Requested;

    /// <summary>Whether a block is here.</summary>
    public bool IsReceived(int block) => _states[block] == BlockState.Received;

    /// <summary>Takes the first free block for a peer; there must be one.</summary>
    public int Take(PeerIndex peer)
    {
        int block = _firstFree + _states.AsSpan(_firstFree, BlockCount - _firstFree).IndexOf(BlockState.Free);
        _firstFree = block + 1;
        _states[block] = BlockState.Requested;
        Free--;
        AddRequester(block, peer);
        return block;
    }

    /// <summary>Asks one peer more for a busy block.</summary>
    public void AddRequester(int block, PeerIndex peer)
    {
        int at = (block * MaxRequesters) + _requesterCounts[block]++;
        _requesters[at] = peer;
        _ordinals[at] = _accounts[peer].Asked++;
    }

    /// <summary>How soon a busy block is expected, in seconds, from the quickest of those who were asked for it.</summary>
    public double ExpectedWait(int block, ReadOnlySpan<long> rates)
    {
        double least = double.PositiveInfinity;
        int first = block * MaxRequesters;
        for (int at = first; at < first + _requesterCounts[block]; at++)
        {
            PeerIndex peer = _requesters[at];
            // A peer sends in the order it was asked, so what it settled since tells how far it has come.
            int ahead = unchecked(_ordinals[at] - _accounts[peer].Settled);
            long rate = peer.Value < rates.Length ? rates[peer.Value] : 0;
            least = Math.Min(least, Endgame.ExpectedWait(rate, ahead));
        }

        return least;
    }

    /// <summary>Ends the piece: whoever was asked for anything is asked no more.</summary>
    public void End()
    {
        for (int block = 0; block < BlockCount; block++)
        {
            foreach (PeerIndex peer in Requesters(block))
                _accounts[peer].Settled++;
            if (_contributors[block] != PeerIndex.None)
                _accounts[_contributors[block]].Contributions--;
        }
    }

    /// <summary>A block came.</summary>
    /// <returns>Whether it was lacking.</returns>
    public bool Receive(int block, PeerIndex from)
    {
        RemoveRequester(block, from);
        if (_states[block] == BlockState.Received)
            return false;
        if (_states[block] == BlockState.Free)
            Free--;
        _states[block] = BlockState.Received;
        _contributors[block] = from;
        _accounts[from].Contributions++;
        Received++;
        return true;
    }

    /// <summary>A peer will not send a block after all.</summary>
    /// <returns>Whether it had been asked for it.</returns>
    public bool Release(int block, PeerIndex peer)
    {
        if (!RemoveRequester(block, peer))
            return false;
        if (_states[block] == BlockState.Requested && _requesterCounts[block] == 0)
        {
            _states[block] = BlockState.Free;
            _firstFree = Math.Min(_firstFree, block);
            Free++;
        }

        if (peer == Owner && !IsAsked(peer))
            Owner = PeerIndex.None;
        return true;
    }

    /// <summary>Whether a peer was asked for any block of the piece and has not sent it.</summary>
    public bool IsAsked(PeerIndex peer)
    {
        for (int block = 0; block < BlockCount; block++)
        {
            if (Requesters(block).Contains(peer))
                return true;
        }

        return false;
    }

    /// <summary>Whether nobody but this peer was asked for, or sent, any block.</summary>
    public bool IsOnlyOf(PeerIndex peer)
    {
        for (int block = 0; block < BlockCount; block++)
        {
            PeerIndex from = _contributors[block];
            if ((from != PeerIndex.None && from != peer) || Requesters(block).ContainsAnyExcept(peer))
                return false;
        }

        return true;
    }

    private bool RemoveRequester(int block, PeerIndex peer)
    {
        Span<PeerIndex> asked = _requesters.AsSpan(block * MaxRequesters, _requesterCounts[block]);
        int at = asked.IndexOf(peer);
        if (at < 0)
            return false;
        int last = asked.Length - 1;
        asked[at] = asked[last];
        _ordinals[(block * MaxRequesters) + at] = _ordinals[(block * MaxRequesters) + last];
        _requesterCounts[block]--;
        _accounts[peer].Settled++;
        return true;
    }
}
