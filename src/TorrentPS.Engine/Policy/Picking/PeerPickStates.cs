namespace TorrentPS.Engine.Policy.Picking;

/// <summary>The state of one peer in the picker.</summary>
internal struct PeerPickState
{
    // Stored plus one, so that the default value means no piece.
    private int _currentPiecePlusOne;

    /// <summary>The piece whose blocks were last requested from the peer; −1 for none.</summary>
    public int CurrentPiece
    {
        readonly get => _currentPiecePlusOne - 1;
        set => _currentPiecePlusOne = value + 1;
    }

    /// <summary>Whether consecutive pieces are chosen for the peer, as for a web seed.</summary>
    public bool PrefersConsecutive { get; set; }

    /// <summary>Number of blocks of partial pieces that were received from the peer.</summary>
    public int Contributions { get; set; }

    /// <summary>
    /// Number of requests ever sent to the peer. An overflow is harmless, because only the difference from
    /// <see cref="ResolvedCount"/> is used.
    /// </summary>
    public int RequestCount { get; set; }

    /// <summary>
    /// Number of requests to the peer that are no longer open: answered, canceled, timed out or dropped. An overflow is
    /// harmless, because only the difference from <see cref="RequestCount"/> is used.
    /// </summary>
    public int ResolvedCount { get; set; }

    public readonly int Outstanding => unchecked(RequestCount - ResolvedCount);
}

internal sealed class PeerPickStates
{
    private PeerPickState[] _states = new PeerPickState[16];

    /// <summary>
    /// Gets a reference to the state of a peer. It is valid until the state of another peer is accessed.
    /// </summary>
    public ref PeerPickState this[PeerIndex peer]
    {
        get
        {
            if (peer.Value >= _states.Length)
                Array.Resize(ref _states, Math.Max(peer.Value + 1, _states.Length * 2));
            return ref _states[peer.Value];
        }
    }

    public ReadOnlySpan<PeerPickState> All => _states;
}
