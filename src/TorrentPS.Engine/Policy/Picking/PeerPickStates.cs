namespace TorrentPS.Engine.Policy.Picking;

/// <summary>What a picker knows of one peer.</summary>
internal struct PeerPickState
{
    // One more than the piece, so that a new account has none.
    private int _pieceAndOne;

    /// <summary>The piece that blocks were last asked of; -1 for none.</summary>
    public int CurrentPiece
    {
        readonly get => _pieceAndOne - 1;
        set => _pieceAndOne = value + 1;
    }

    /// <summary>Whether it is best asked for pieces that follow each other.</summary>
    public bool PrefersRuns { get; set; }

    /// <summary>How many blocks of pieces in progress came from it.</summary>
    public int Contributions { get; set; }

    /// <summary>How many blocks were asked of it, ever. Wraps; only differences count.</summary>
    public int Asked { get; set; }

    /// <summary>How many of these it sent or was released from.</summary>
    public int Settled { get; set; }

    /// <summary>How many blocks it is to send.</summary>
    public readonly int Outstanding => unchecked(Asked - Settled);
}

/// <summary>The accounts of all peers, by their slots.</summary>
internal sealed class PeerPickStates
{
    private PeerPickState[] _accounts = new PeerPickState[16];

    /// <summary>The account of a peer. The reference is valid until another peer's account is asked for.</summary>
    public ref PeerPickState this[PeerIndex peer]
    {
        get
        {
            if (peer.Value >= _accounts.Length)
                Array.Resize(ref _accounts, Math.Max(peer.Value + 1, _accounts.Length * 2));
            return ref _accounts[peer.Value];
        }
    }

    /// <summary>All accounts, for checks.</summary>
    public ReadOnlySpan<PeerPickState> All => _accounts;
}
