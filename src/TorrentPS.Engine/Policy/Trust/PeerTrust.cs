namespace TorrentPS.Engine.Policy.Trust;

/// <summary>Trust in the data that a peer sends.</summary>
internal enum TrustLevel
{
    /// <summary>No data from the peer is known to be bad.</summary>
    Good,

    /// <summary>
    /// The peer and others contributed to a piece that failed its hash check (libtorrent's parole mode). Pieces
    /// requested from the peer are requested from no other peer.
    /// </summary>
    Parole,

    /// <summary>The peer sent bad data. This client doesn't connect to it.</summary>
    Banned,
}

/// <summary>Determines the trust level of each origin from the results of hash checks.</summary>
/// <remarks>
/// If a failed piece has only one contributor, that contributor is banned at once. If a failed piece has several
/// contributors, they are put on parole. Each piece requested from a peer on parole is requested from that peer alone,
/// so that a failed hash check identifies the sender of bad data. <see cref="SmartBan"/> can decide sooner, once the
/// failed piece has been downloaded again and verified. Deviation from libtorrent: there are no trust points.
/// </remarks>
internal sealed class PeerTrust
{
    /// <summary>
    /// Maximum number of origins with a stored trust level. A further origin replaces the one that was added first. The
    /// limit bounds memory.
    /// </summary>
    public const int Capacity = 16 * 1024;

    private readonly Dictionary<PeerOrigin, TrustLevel> _levels = [];
    private readonly Queue<PeerOrigin> _oldest = new();

    public TrustLevel LevelOf(PeerOrigin peer) => _levels.GetValueOrDefault(peer, TrustLevel.Good);

    /// <summary>Updates the trust levels of the contributors to a piece that failed its hash check.</summary>
    /// <param name="contributors">The sender of each block. A sender may occur several times.</param>
    /// <returns>True if the piece had only one contributor. That contributor is now banned.</returns>
    public bool OnPieceFailed(ReadOnlySpan<PeerOrigin> contributors)
    {
        if (contributors.IsEmpty)
            return false;
        if (!contributors.ContainsAnyExcept(contributors[0]))
        {
            Ban(contributors[0]);
            return true;
        }

        foreach (PeerOrigin peer in contributors)
        {
            if (LevelOf(peer) == TrustLevel.Good)
                Set(peer, TrustLevel.Parole);
        }

        return false;
    }

    /// <summary>
    /// Ends the parole of the contributor to a verified piece. Does nothing if the piece has several contributors.
    /// </summary>
    /// <param name="contributors">The sender of each block. A sender may occur several times.</param>
    public void OnPieceVerified(ReadOnlySpan<PeerOrigin> contributors)
    {
        if (!contributors.IsEmpty && !contributors.ContainsAnyExcept(contributors[0]))
            Clear(contributors[0]);
    }

    public void Ban(PeerOrigin peer) => Set(peer, TrustLevel.Banned);

    /// <summary>Ends the parole of an origin. A banned origin stays banned.</summary>
    public void Clear(PeerOrigin peer)
    {
        if (LevelOf(peer) == TrustLevel.Parole)
            _levels[peer] = TrustLevel.Good;
    }

    /// <summary>Lifts the ban of an origin. Does nothing if it is not banned.</summary>
    public void Unban(PeerOrigin peer)
    {
        if (LevelOf(peer) == TrustLevel.Banned)
            _levels[peer] = TrustLevel.Good;
    }

    private void Set(PeerOrigin peer, TrustLevel level)
    {
        if (!_levels.ContainsKey(peer))
        {
            if (_oldest.Count >= Capacity)
                _levels.Remove(_oldest.Dequeue());
            _oldest.Enqueue(peer);
        }

        _levels[peer] = level;
    }
}
