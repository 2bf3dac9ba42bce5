namespace TorrentPS.Engine.Policy.Trust;

/// <summary>How far the data of a peer is trusted.</summary>
internal enum TrustLevel
{
    /// <summary>Nothing is known against the peer.</summary>
    Good,

    /// <summary>
    /// The peer and others contributed to a piece that failed its hash check (libtorrent's parole mode). Pieces
    /// requested from the peer are requested from no other peer.
    /// </summary>
    Parole,

    /// <summary>The peer sent bad data. This client keeps no connection with it.</summary>
    Banned,
}

/// <summary>Keeps the trust level of each origin, from the results of hash checks.</summary>
/// <remarks>
/// The only contributor to a failed piece is banned at once. Several contributors are put on parole. Each piece
/// requested from a peer on parole is requested from that peer alone, so that a failure identifies the sender.
/// <see cref="SmartBan"/> can decide sooner, once the failed piece has been verified. Deviation from libtorrent:
/// there are no trust points.
/// </remarks>
internal sealed class PeerTrust
{
    /// <summary>
    /// Maximum number of origins kept. Beyond it the origin added first is dropped, which bounds memory.
    /// </summary>
    public const int Capacity = 16 * 1024;

    private readonly Dictionary<PeerOrigin, TrustLevel> _levels = [];
    private readonly Queue<PeerOrigin> _oldest = new();

    /// <summary>Returns the trust level of an origin.</summary>
    public TrustLevel LevelOf(PeerOrigin peer) => _levels.GetValueOrDefault(peer, TrustLevel.Good);

    /// <summary>Updates the trust of the contributors to a piece that failed its hash check.</summary>
    /// <param name="contributors">The sender of each block. A sender may occur several times.</param>
    /// <returns>True if there was only one contributor, which is now banned.</returns>
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
    /// Ends the parole of the contributor to a verified piece, if the piece has only one contributor.
    /// </summary>
    /// <remarks>A verified piece with several contributors doesn't end a parole.</remarks>
    /// <param name="contributors">The sender of each block. A sender may occur several times.</param>
    public void OnPieceVerified(ReadOnlySpan<PeerOrigin> contributors)
    {
        if (!contributors.IsEmpty && !contributors.ContainsAnyExcept(contributors[0]))
            Clear(contributors[0]);
    }

    /// <summary>Bans an origin.</summary>
    public void Ban(PeerOrigin peer) => Set(peer, TrustLevel.Banned);

    /// <summary>Ends the parole of an origin. A ban remains.</summary>
    public void Clear(PeerOrigin peer)
    {
        if (LevelOf(peer) == TrustLevel.Parole)
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
