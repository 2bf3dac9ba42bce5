namespace TorrentPS.Engine.Policy;

/// <summary>Why a peer is choked or unchoked.</summary>
public enum ChokeReason
{
    /// <summary>Choked: it wants nothing of what we have.</summary>
    NotInterested,

    /// <summary>Choked: others have the upload slots.</summary>
    NoSlot,

    /// <summary>Choked: it keeps us waiting for blocks it was asked for.</summary>
    Snubbing,

    /// <summary>Unchoked: it is among those who give us most.</summary>
    Reciprocating,

    /// <summary>Unchoked: it has the slot by which new partners are found.</summary>
    Optimistic,

    /// <summary>Unchoked: it is its turn while we seed.</summary>
    RoundRobin,

    /// <summary>Unchoked: nobody else needs the slot.</summary>
    FreeSlot,
}
