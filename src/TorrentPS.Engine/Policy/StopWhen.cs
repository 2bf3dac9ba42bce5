namespace TorrentPS.Engine.Policy;

/// <summary>When a torrent has done what it was added for.</summary>
public enum StopWhen
{
    /// <summary>As soon as all that was wanted is verified and on disk.</summary>
    Complete,

    /// <summary>When uploaded bytes reach the seed ratio times the wanted bytes.</summary>
    Ratio,

    /// <summary>Not before it is told to stop.</summary>
    Never,
}
