namespace TorrentPS.Engine.Policy;

/// <summary>In which order pieces are asked for.</summary>
public enum PieceStrategy
{
    /// <summary>The piece that fewest peers have first, ties at random: best for the swarm and the default.</summary>
    RarestFirst,

    /// <summary>Random pieces until the first is complete, then the rarest: quicker to something to trade.</summary>
    RandomRarestFirst,

    /// <summary>In the order of the content: for reading while it downloads.</summary>
    Sequential,
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
