namespace TorrentPS.Engine.Policy.Picking;

/// <summary>The state of the blocks of a partial piece. The instance is reused for other pieces later.</summary>
internal sealed class PartialPiece
{
    /// <summary>
    /// Maximum number of peers that can be recorded for a requested block. The engine requests a block from fewer
    /// peers, at most <see cref="Endgame.MaxRequesters"/>.
    /// </summary>
    public const int MaxRequesters = 4;

    private readonly BlockState[] _states;
    private readonly byte[] _requesterCounts;
    private readonly PeerPickStates _peers;
    private readonly PeerIndex[] _requesters;
    private readonly int[] _ordinals;
    private readonly PeerIndex[] _contributors;
    private int _firstFree;

    public PartialPiece(int maxBlocks, PeerPickStates peers)
    {
        _peers = peers;
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

    public int Piece { get; private set; }

    public int BlockCount { get; private set; }

    public int FreeCount { get; private set; }

    public int ReceivedCount { get; private set; }

    public int RequestedCount => BlockCount - FreeCount - ReceivedCount;

    /// <summary>Whether all blocks are received. The piece then waits for the result of its hash check.</summary>
    public bool HasAllBlocks => ReceivedCount == BlockCount;

    /// <summary>
    /// The peer from which the rest of the piece is requested; <see cref="PeerIndex.None"/> if several peers share the
    /// piece. Blocks of an owned piece are requested from a peer other than the owner only in two cases: there is
    /// nothing else to request from the other peer, or the piece is allowed fast or time-critical.
    /// </summary>
    public PeerIndex Owner { get; set; } = PeerIndex.None;

    /// <summary>The position in <see cref="PartialPieces.Active"/>; −1 for an instance that isn't in use.</summary>
    public int ActiveIndex { get; set; } = -1;

    /// <summary>The position in <see cref="PartialPieces.Open"/>; −1 if the piece isn't in that list.</summary>
    public int OpenIndex { get; set; } = -1;

    /// <summary>The sender of each block; <see cref="PeerIndex.None"/> for a block that isn't received.</summary>
    public ReadOnlySpan<PeerIndex> Contributors => _contributors.AsSpan(0, BlockCount);

    public void Begin(int piece, int blockCount)
    {
        Piece = piece;
        BlockCount = blockCount;
        FreeCount = blockCount;
        ReceivedCount = 0;
        Owner = PeerIndex.None;
        _firstFree = 0;
        _states.AsSpan(0, blockCount).Clear();
        _requesterCounts.AsSpan(0, blockCount).Clear();
        _contributors.AsSpan(0, blockCount).Fill(PeerIndex.None);
    }

    /// <summary>Returns the peers from which a block is requested and that haven't sent it.</summary>
    public ReadOnlySpan<PeerIndex> Requesters(int block) =>
        _requesters.AsSpan(block * MaxRequesters, _requesterCounts[block]);

    public bool IsRequested(int block) => _states[block] == BlockState.Requested;

    public bool IsReceived(int block) => _states[block] == BlockState.Received;

    /// <summary>
    /// Marks the first free block as requested from a peer, and returns its index. The piece must have a free block.
    /// </summary>
    public int RequestNextFree(PeerIndex peer)
    {
        int block = _firstFree + _states.AsSpan(_firstFree, BlockCount - _firstFree).IndexOf(BlockState.Free);
        _firstFree = block + 1;
        _states[block] = BlockState.Requested;
        FreeCount--;
        AddRequester(block, peer);
        return block;
    }

    /// <summary>Marks a block that is already requested as requested from one more peer.</summary>
    public void AddRequester(int block, PeerIndex peer)
    {
        int at = (block * MaxRequesters) + _requesterCounts[block]++;
        _requesters[at] = peer;
        _ordinals[at] = _peers[peer].RequestCount++;
    }

    /// <summary>
    /// Returns the expected time in seconds until a block arrives: the shortest expected wait among the peers from
    /// which the block is requested.
    /// </summary>
    /// <param name="block">The index of the block in the piece.</param>
    /// <param name="rates">The download rate in bytes/s from each peer, by peer index.</param>
    public double ExpectedWait(int block, ReadOnlySpan<long> rates)
    {
        double least = double.PositiveInfinity;
        int first = block * MaxRequesters;
        for (int at = first; at < first + _requesterCounts[block]; at++)
        {
            PeerIndex peer = _requesters[at];
            // Peers send blocks in the order of the requests, so the difference is the number of blocks before this
            // one.
            int ahead = unchecked(_ordinals[at] - _peers[peer].ResolvedCount);
            long rate = peer.Value < rates.Length ? rates[peer.Value] : 0;
            least = Math.Min(least, Endgame.ExpectedWait(rate, ahead));
        }

        return least;
    }

    /// <summary>
    /// Prepares this instance for its next piece. Removes the open requests for blocks of the current piece. Received
    /// blocks no longer count as contributions of their senders.
    /// </summary>
    public void End()
    {
        for (int block = 0; block < BlockCount; block++)
        {
            foreach (PeerIndex peer in Requesters(block))
                _peers[peer].ResolvedCount++;
            if (_contributors[block] != PeerIndex.None)
                _peers[_contributors[block]].Contributions--;
        }
    }

    /// <summary>Marks a block as received from a peer, and removes the request for the block from that peer.</summary>
    /// <returns>False if the block was received before.</returns>
    public bool Receive(int block, PeerIndex from)
    {
        RemoveRequester(block, from);
        if (_states[block] == BlockState.Received)
            return false;
        if (_states[block] == BlockState.Free)
            FreeCount--;
        _states[block] = BlockState.Received;
        _contributors[block] = from;
        _peers[from].Contributions++;
        ReceivedCount++;
        return true;
    }

    /// <summary>
    /// Removes the request for a block from one peer. The block becomes free if it is requested from no other peer. If
    /// the peer owns the piece and has no other request in it, the piece no longer has an owner.
    /// </summary>
    /// <returns>False if the block wasn't requested from the peer.</returns>
    public bool Release(int block, PeerIndex peer)
    {
        if (!RemoveRequester(block, peer))
            return false;
        if (_states[block] == BlockState.Requested && _requesterCounts[block] == 0)
        {
            _states[block] = BlockState.Free;
            _firstFree = Math.Min(_firstFree, block);
            FreeCount++;
        }

        if (peer == Owner && !IsRequestedFrom(peer))
            Owner = PeerIndex.None;
        return true;
    }

    public bool IsRequestedFrom(PeerIndex peer)
    {
        for (int block = 0; block < BlockCount; block++)
        {
            if (Requesters(block).Contains(peer))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Returns whether the requested blocks of the piece are requested from this peer only, and the received blocks
    /// were all received from it.
    /// </summary>
    public bool IsExclusiveTo(PeerIndex peer)
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
        Span<PeerIndex> requesters = _requesters.AsSpan(block * MaxRequesters, _requesterCounts[block]);
        int at = requesters.IndexOf(peer);
        if (at < 0)
            return false;
        int last = requesters.Length - 1;
        requesters[at] = requesters[last];
        _ordinals[(block * MaxRequesters) + at] = _ordinals[(block * MaxRequesters) + last];
        _requesterCounts[block]--;
        _peers[peer].ResolvedCount++;
        return true;
    }
}
