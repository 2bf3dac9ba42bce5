namespace TorrentPS.Engine.Policy.Picking;

/// <summary>The state that the picker keeps of one peer.</summary>
internal struct PeerPickState
{
    // Stored plus one, so that the default value means no piece.
    private int _currentPiecePlusOne;

    /// <summary>The piece of which blocks were last requested from the peer; −1 for none.</summary>
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
    /// Number of requests ever sent to the peer. The counter wraps around at the limit of its type; only differences
    /// are used.
    /// </summary>
    public int RequestCount { get; set; }

    /// <summary>
    /// Number of requests to the peer that are no longer open: answered, canceled, timed out or dropped. Like
    /// <see cref="RequestCount"/>, this counter wraps around.
    /// </summary>
    public int ResolvedCount { get; set; }

    /// <summary>Number of open requests to the peer.</summary>
    public readonly int Outstanding => unchecked(RequestCount - ResolvedCount);
}

/// <summary>The states of all peers, by peer index.</summary>
internal sealed class PeerPickStates
{
    private PeerPickState[] _states = new PeerPickState[16];

    /// <summary>
    /// Returns a reference to the state of a peer. It is valid until the state of another peer is accessed.
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

    /// <summary>All states, for the invariant checks.</summary>
    public ReadOnlySpan<PeerPickState> All => _states;
}
