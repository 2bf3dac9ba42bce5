namespace TorrentPS.Engine.Policy.Trust;

/// <summary>How far a peer's data is believed.</summary>
internal enum TrustLevel
{
    /// <summary>Nothing speaks against it.</summary>
    Good,

    /// <summary>It had a part in a bad piece, as others had: it gets whole pieces alone.</summary>
    Parole,

    /// <summary>It sent bad data: no connection to or from it.</summary>
    Banned,
}

/// <summary>Who had a part in bad pieces.</summary>
/// <remarks>
/// Alone in a bad piece is proof and bans at once. Several are only suspected: each then fetches pieces alone, which soon tells the
/// good from the bad, or <see cref="SmartBan"/> tells when the piece has come whole from others.
/// </remarks>
internal sealed class PeerTrust
{
    /// <summary>How many origins are remembered; the oldest is forgotten first. Bounds what a swarm of liars can make us keep.</summary>
    public const int Capacity = 16 * 1024;

    private readonly Dictionary<PeerOrigin, TrustLevel> _levels = [];
    private readonly Queue<PeerOrigin> _oldest = new();

    /// <summary>How far a peer is trusted.</summary>
    public TrustLevel LevelOf(PeerOrigin peer) => _levels.GetValueOrDefault(peer, TrustLevel.Good);

    /// <summary>A piece failed its hash.</summary>
    /// <param name="contributors">Who sent its blocks; a peer may be named more than once.</param>
    /// <returns>Whether a peer was banned: the only contributor.</returns>
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

    /// <summary>A piece was right. Who sent it alone is off parole; with others it proves nothing that was in doubt.</summary>
    public void OnPieceVerified(ReadOnlySpan<PeerOrigin> contributors)
    {
        if (!contributors.IsEmpty && !contributors.ContainsAnyExcept(contributors[0]))
            Clear(contributors[0]);
    }

    /// <summary>A peer was proven to have sent bad data, or is unwanted.</summary>
    public void Ban(PeerOrigin peer) => Set(peer, TrustLevel.Banned);

    /// <summary>A suspect was proven good. A ban stays.</summary>
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
