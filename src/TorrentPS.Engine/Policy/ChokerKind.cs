namespace TorrentPS.Engine.Policy;

/// <summary>By which rule upload slots are given while something is downloaded. Who only seeds serves all in turn, but for <see cref="Naive"/>.</summary>
public enum ChokerKind
{
    /// <summary>To those who give us most, and one slot in five by chance (BEP 3). The default: best for user and swarm together.</summary>
    TitForTat,

    /// <summary>
    /// Each partner gets just what makes it give back, and who brings most for least comes first (BitTyrant, Piatek et al. 2007). Saves
    /// upload; a swarm in which everybody does so is poorer for it.
    /// </summary>
    Strategic,

    /// <summary>To everybody who wants something. For comparison: it spends the uplink on who gives nothing.</summary>
    Naive,
}
