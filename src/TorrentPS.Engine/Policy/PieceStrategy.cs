namespace TorrentPS.Engine.Policy;

/// <summary>In which order pieces are asked for.</summary>
public enum PieceStrategy
{
    /// <summary>
    /// The piece that fewest peers have first, ties at random; random pieces until the first is complete, which is then sooner there to
    /// trade with. Best for the swarm, and the default.
    /// </summary>
    RarestFirst,

    /// <summary>The rarest of a random handful: rare pieces early, without all peers running after the same one.</summary>
    RandomRarestFirst,

    /// <summary>In the order of the content from the reading position on, then what lies before it: for reading while it downloads.</summary>
    Sequential,

    /// <summary>Any piece that is wanted, rare or not: to compare the others with.</summary>
    Random,
}

/// <summary>How much a file or piece is wanted.</summary>
public enum DownloadPriority
{
    /// <summary>Not wanted: its pieces are not requested.</summary>
    Skip = 0,

    /// <summary>After everything else.</summary>
    Low = 1,

    /// <summary>The default.</summary>
    Normal = 4,

    /// <summary>Before everything else.</summary>
    High = 7,
}
